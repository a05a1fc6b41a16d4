import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LONGEST } from './longest-first.ts'

test('the files that start first are there', () => {
  const root = new URL('../../', import.meta.url).pathname
  expect(LONGEST.filter((path) => !existsSync(join(root, path)))).toEqual([])
})
