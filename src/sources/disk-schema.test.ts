import { expect, test } from 'vitest'
import { diskSchema } from './disk-schema.ts'

test('a size, and what else is on the volume', () => {
  expect(diskSchema().parse({ size: '500GB' })).toEqual({ sizeBytes: 500 * 1024 ** 3, holds: 'everything' })
  expect(diskSchema().parse({ size: '1TiB', holds: 'log' })).toEqual({ sizeBytes: 1024 ** 4, holds: 'log' })
  expect(diskSchema().parse(undefined)).toBeUndefined()
})

test.each([
  [{ size: 500 }, 'has no unit'],
  [{ size: '500' }, 'is not a size'],
  [{ size: '0GB' }, 'is zero'],
  [{}, 'is missing'],
  [{ size: '1GB', holds: 'half' }, 'is not one of the choices'],
  [{ size: '1GB', free: '1GB' }, 'free'],
])('%j is refused', (entry, why) => {
  const { error } = diskSchema().safeParse(entry)
  expect(JSON.stringify(error?.issues)).toContain(why)
})
