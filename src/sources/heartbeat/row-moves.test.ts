import { expect, test } from 'vitest'
import { TABLE_WORDS } from '../../model/data-words.ts'
import type { HeartbeatEvidence, RowFacts } from './facts.ts'
import { rowMoves } from './row-moves.ts'

const ROW: RowFacts = {
  first: true,
  ageMs: 40,
  committedAgoMs: null,
  otherZones: false,
  isMoment: true,
  updated: true,
}

test.each([
  [{}, 'last_update of the row was 40 ms ago'],
  [{ ageMs: 3 * 3_600_000 }, 'last_update of the row was 3 h ago'],
  [{ ageMs: -90_000 }, 'last_update of the row is 90 s from now'],
  [{ ageMs: null, committedAgoMs: 40 }, 'the row last changed 40 ms ago'],
])('the time of a row in words: %o', (row, words) => {
  const signs = { running: null, offset: null, status: null, pulses: [], bytesPerMs: null }
  const evidence = {
    mode: 'job',
    intervalMs: 60_000,
    signs,
    nowMs: 0,
    scheduler: null,
    words: TABLE_WORDS,
    heartbeat: { row: { ...ROW, ...row } },
  }
  // Of the facts, only the row decides.
  expect(rowMoves(evidence as unknown as HeartbeatEvidence).words).toBe(words)
})
