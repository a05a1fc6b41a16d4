import { expect, test } from 'vitest'
import type { Offset } from '../../../model/offset.ts'
import { MARIADB_POSITIONS, MYSQL_POSITIONS } from '../../../sources/mysql/position/position.ts'
import type { MeteredLog } from './log-meter.ts'
import { stageState } from './stage-state.ts'

const LOG: MeteredLog = {
  files: [
    { name: 'binlog.000007', bytes: 1000 },
    { name: 'binlog.000008', bytes: 2000 },
    { name: 'binlog.000009', bytes: 500 },
  ],
  end: { base: 'binlog', ordinal: 9, offset: 500 },
  sizes: new Map([
    ['binlog.000005', 700],
    ['binlog.000006', 800],
    ['binlog.000007', 1000],
    ['binlog.000008', 2000],
    ['binlog.000009', 500],
  ]),
  writtenBytes: 5000,
}

function offset(log: string): Offset {
  const moved = { by: 'commit', why: '', atMs: 0 } as const
  return { position: MARIADB_POSITIONS.of(new Map(), null), server: null, memory: { log }, moved }
}

test('the files of the log show what each reader needs, and what was purged', () => {
  const state = stageState('mariadb', LOG, {
    guarded: offset('binlog.000008:1500'),
    unguarded: offset('binlog.000006:10'),
  })
  expect(state).toEqual({
    head: 'binlog.000009:500',
    writtenBytes: 5000,
    logOnDisk: 'binlog.000007 to 000009, 3.4 kB',
    sides: {
      guarded: { heldBytes: 1000, disk: { files: 2, bytes: 2500 }, position: 'binlog.000008:1500' },
      unguarded: { heldBytes: null, disk: { files: 0, bytes: 0 }, position: 'binlog.000006:10' },
    },
  })
})

test('a reader without an offset is left out, and one whose position has a file is at that file', () => {
  const at = MYSQL_POSITIONS.of(new Map(), { base: 'binlog', ordinal: 9, offset: 400 })
  const { sides } = stageState('mysql', LOG, { guarded: null, unguarded: { ...offset(''), position: at } })
  expect(sides).toEqual({
    unguarded: { heldBytes: 100, disk: { files: 1, bytes: 500 }, position: 'binlog.000009:400' },
  })
})

test('a reader at the end of a file needs the next one, even if its own is purged', () => {
  const at = (log: string) => stageState('mariadb', LOG, { guarded: null, unguarded: offset(log) }).sides.unguarded
  // 44 bytes: the event that names the next file.
  expect(at('binlog.000006:756')).toMatchObject({ heldBytes: 3496, position: 'binlog.000007:4' })
  expect(at('binlog.000006:700')).toMatchObject({ heldBytes: null })
  expect(at('binlog.000005:656')).toMatchObject({ heldBytes: null, position: 'binlog.000006:4' })
  expect(at('binlog.000009:500')).toMatchObject({ heldBytes: 0, position: 'binlog.000009:500' })
})
