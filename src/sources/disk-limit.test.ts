import { expect, test } from 'vitest'
import { DiskLimit, diskLimits, largerDisk } from './disk-limit.ts'

const log = { bytes: 30, isWhole: true, words: 'the log has 30 bytes' }
const measured = (bytes: number) => async () => ({ bytes, words: `the data has ${bytes} bytes` })

test('a volume of the log alone is certain where all of the log is seen', async () => {
  const disk = new DiskLimit({ sizeBytes: 100, holds: 'log' })
  const unmeasured = () => Promise.reject(new Error('the data is not on this volume'))
  expect(await disk.of(log, unmeasured, 0)).toMatchObject({ name: 'disk', keeps: 100, used: 30, certain: true })
  expect(await disk.of({ ...log, isWhole: false }, unmeasured, 0)).toMatchObject({ used: 30, certain: false })
})

test('the data beside the log counts, and is measured once in ten minutes', async () => {
  const disk = new DiskLimit({ sizeBytes: 100, holds: 'everything' })
  const at = async (bytes: number, atMs: number) => await disk.of(log, measured(bytes), atMs)
  expect(await at(40, 0)).toMatchObject({ used: 70, certain: false })
  expect((await at(50, 599_999))?.used).toBe(70)
  expect(await at(50, 600_000)).toMatchObject({
    used: 80,
    because: ['the log has 30 bytes', expect.stringContaining('the data has 50 bytes'), expect.any(String)],
  })
})

test('without a size there is no limit, and what is unknown says what to set', async () => {
  expect(await new DiskLimit(null).of(log, measured(1), 0)).toBeNull()
  expect(diskLimits(null, true)).toEqual([])
  expect(diskLimits(null, false)).toMatchObject([{ keeps: null, because: [expect.stringContaining('disk: { size:')] }])
})

test('a larger disk is advised for the disk alone', () => {
  expect(largerDisk('max_slot_wal_keep_size', 1, 'pg_wal')).toBeNull()
  expect(largerDisk('disk', 3 * 1024 ** 3 - 1, 'pg_wal')).toEqual([
    { in: 'person', text: 'a disk of at least 3 GB for pg_wal, and its size in `disk` of the source' },
  ])
})
