import { expect, test } from 'vitest'
import { logState } from '../../test/support/log-state.ts'
import type { Sample } from '../journal/journal.ts'
import type { Limit } from '../model/log-state.ts'
import type { StoredOffset } from '../model/offset.ts'
import { planPause } from './pause-plan.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const HOUR_MS = 3_600_000
const OFFSET: StoredOffset = {
  position: '90',
  server: null,
  memory: {},
  moved: { by: 'commit', why: '', atMs: NOW_MS },
}
const SIZE: Limit = {
  name: 'max_slot_wal_keep_size',
  unit: 'bytes',
  keeps: 80_000_000,
  used: 0,
  certain: true,
  ends: 'offset lost',
  because: [],
}
const TIME: Limit = { ...SIZE, name: 'idle_replication_slot_timeout', unit: 'ms', keeps: 72 * HOUR_MS }

/** A log that grows by a megabyte an hour and was watched for `watchedMs`. */
function planned(limits: readonly Limit[], watchedMs: number) {
  const server = { system: '1', run: '1 since the beginning' }
  const samples: readonly Sample[] = [0, watchedMs].map((agoMs) => ({
    atMs: NOW_MS - agoMs,
    server,
    headPosition: '0',
    writtenBytes: BigInt(1_000_000_000 - Math.round((agoMs / HOUR_MS) * 1_000_000)),
    heldBytes: null,
    lagBytes: null,
  }))
  return planPause({ pauseMs: 60 * HOUR_MS, offset: OFFSET, state: logState({ limits }), samples })
}

test('a yes rests on an hour of watching wherever the log counts, also where another clock is shorter', () => {
  expect(planned([TIME], 120_000).answer).toBe('yes')
  expect(planned([SIZE, TIME], HOUR_MS)).toMatchObject({ answer: 'yes', decidedBy: TIME.name })
  const short = planned([SIZE, TIME], 120_000)
  expect(short).toMatchObject({ answer: 'unknown', decidedBy: TIME.name })
  expect(short.because.join()).toContain('a yes needs at least an hour')
})
