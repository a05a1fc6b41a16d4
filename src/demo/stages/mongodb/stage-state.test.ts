import { expect, test } from 'vitest'
import type { Offset } from '../../../model/offset.ts'
import { MONGODB_POSITIONS } from '../../../sources/mongodb/position/position.ts'
import { OplogMeter } from './oplog-meter.ts'
import { stageState } from './stage-state.ts'

function offset(seconds: number): Offset {
  const moved = { by: 'commit', why: '', atMs: 0 } as const
  return { position: MONGODB_POSITIONS.parse(`${seconds}.1`), server: null, memory: {}, moved }
}

test('a reader needs what was written after its time, until the oplog begins after it', () => {
  const meter = new OplogMeter()
  for (const t of [10, 11, 12, 13]) meter.wrote(100, { t })
  const at = (guarded: Offset | null) =>
    stageState({ first: 11, last: 13 }, meter, { guarded, unguarded: null }).sides.guarded
  expect(at(offset(12))).toEqual({
    heldBytes: 100_000,
    disk: { files: 0, bytes: 100_000 },
    position: '00:00:12',
  })
  expect(at(offset(10))).toMatchObject({ heldBytes: null, position: '00:00:10' })
  expect(at(offset(11))).toMatchObject({ heldBytes: 200_000 })
  expect(at(null)).toBeUndefined()
  expect(stageState({ first: 11, last: 13 }, meter, { guarded: null, unguarded: null })).toMatchObject({
    head: '00:00:13',
    writtenBytes: 400_000,
    logOnDisk: 'oplog from 00:00:11 to 00:00:13, 195 kB',
  })
})
