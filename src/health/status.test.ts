import { describe, expect, test } from 'vitest'
import { logState } from '../../test/support/log-state.ts'
import type { StoredOffset } from '../model/offset.ts'
import type { Pulse } from '../model/pulse.ts'
import { type EvidenceAtRest, statusAtRest } from './assessment-at-rest.ts'
import { runwayOf } from './runway.ts'
import { newestPulses, roundTripMs, type StatusEvidence, sourceStatus } from './status.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const NOW = '2026-01-01T00:00:00.000Z'
const HOUR_MS = 3_600_000
const RUNNING = { running: true, pid: 4711, since: NOW, reportedAt: NOW, failed: null, retrying: null }

function pulse(different: Partial<Pulse>): Pulse {
  const none = { deliveredAtMs: null, storedAtMs: null, acknowledgedAtMs: null, committedAtMs: null, failedCode: null }
  return { nonce: 'n', writtenAtMs: null, seenAtMs: null, ...none, ...different }
}

const offset: StoredOffset = {
  position: '0/1A2B3C8',
  server: { systemIdentifier: '1' },
  memory: {},
  moved: { by: 'progress', why: 'nothing undelivered', atMs: NOW_MS },
}

const evidence: StatusEvidence = {
  name: 'shop',
  kind: 'postgresql',
  connector: RUNNING,
  verdict: { name: 'idle', why: 'no change for 3 h; last pulse came back in 41 ms' },
  runway: runwayOf(logState(), []),
  offset,
  state: logState({ behind: 'yes', lagBytes: 7n, lagMs: 20 }),
  samples: [],
  connectorBeat: { atMs: NOW_MS, intervalMs: 60_000 },
  sourceBeat: {
    mode: 'table',
    written: pulse({ writtenAtMs: NOW_MS }),
    seen: pulse({ writtenAtMs: NOW_MS - 60_000, seenAtMs: NOW_MS - 59_959 }),
    broken: null,
  },
  lastChangeAtMs: null,
  counts: { changes: 12, transactions: 5, heartbeats: 61 },
}

test('the status has the names and forms that scripts rely on', () => {
  expect(sourceStatus(evidence)).toEqual({
    name: 'shop',
    kind: 'postgresql',
    connector: { running: true, pid: 4711, since: NOW, reportedAt: NOW, failed: null, retrying: null },
    verdict: 'idle',
    why: 'no change for 3 h; last pulse came back in 41 ms',
    offset: { position: '0/1A2B3C8', storedAt: NOW, movedBy: 'progress', behind: 'yes', lagBytes: 7, lagMs: 20 },
    heartbeat: {
      connector: { at: NOW, intervalMs: 60_000 },
      source: { mode: 'table', writtenAt: NOW, seenAt: '2025-12-31T23:59:00.041Z', roundTripMs: 41, broken: null },
    },
    runway: evidence.runway,
    blockers: [],
    tables: null,
    lastChangeAt: null,
    counts: { changes: 12, transactions: 5, heartbeats: 61 },
  })
})

test('nothing known is null, not a guess', () => {
  const sourceBeat = { mode: 'off', written: null, seen: null, broken: null }
  const status = sourceStatus({ ...evidence, offset: null, state: null, sourceBeat })
  expect(status.offset).toBeNull()
  expect(status.heartbeat.source).toEqual({
    mode: 'off',
    writtenAt: null,
    seenAt: null,
    roundTripMs: null,
    broken: null,
  })
  expect(sourceStatus({ ...evidence, state: null }).offset).toMatchObject({
    behind: 'unknown',
    lagBytes: null,
    lagMs: null,
  })
})

test.each([
  ['from the write', pulse({ writtenAtMs: 10, committedAtMs: 20, seenAtMs: 51 }), 41],
  ['from the commit, where others wrote it', pulse({ committedAtMs: 20, seenAtMs: 51 }), 31],
  ["never negative, though the database's clock is ahead", pulse({ committedAtMs: 90, seenAtMs: 51 }), 0],
  ['unknown from nothing', pulse({ seenAtMs: 51 }), null],
  ['unknown until seen', pulse({ writtenAtMs: 51 }), null],
])('the round trip counts %s', (_, given, expected) => {
  expect(roundTripMs(given)).toBe(expected)
})

test('the newest pulses are by their own times, whatever their order', () => {
  const old = pulse({ nonce: 'old', writtenAtMs: 1, seenAtMs: 2 })
  const late = pulse({ nonce: 'late', writtenAtMs: 3, seenAtMs: 9 })
  const flying = pulse({ nonce: 'flying', writtenAtMs: 8 })
  for (const pulses of [
    [old, late, flying],
    [flying, late, old],
  ]) {
    expect(newestPulses(pulses)).toEqual({ written: flying, seen: late })
  }
  expect(newestPulses([])).toEqual({ written: null, seen: null })
})

describe('a source whose connector does not report', () => {
  const atRest: EvidenceAtRest = {
    name: 'shop',
    kind: 'postgresql',
    nowMs: NOW_MS,
    connector: { running: false, pid: null, since: null, reportedAt: NOW, failed: null, retrying: null },
    stream: { state: 'stopped', why: 'no process runs the connector' },
    connectorIntervalMs: 60_000,
    sourceHeartbeat: { mode: 'table', intervalMs: 60_000 },
    atRisk: { runwayMs: 24 * HOUR_MS, usedRatio: 0.8 },
    offset,
    state: logState({ atMs: NOW_MS }),
    samples: [],
    pulses: [pulse({ writtenAtMs: NOW_MS - 1_000, seenAtMs: NOW_MS - 900 })],
    lastStatus: null,
  }
  const runs = (state: 'starting' | 'silent', ageMs: number): Partial<EvidenceAtRest> => ({
    connector: RUNNING,
    stream: { state, ageMs, cause: null },
  })

  test('is stopped when no process runs it, though a change and a pulse came a moment ago', () => {
    const lastStatus = { ...sourceStatus(evidence), lastChangeAt: NOW }
    const status = statusAtRest({ ...atRest, lastStatus })
    expect(status).toMatchObject({
      verdict: 'stopped',
      why: expect.stringMatching(/^no process runs the connector; it can stay stopped until the disk is full/u),
      connector: { running: false, pid: null },
      lastChangeAt: NOW,
      counts: { changes: 12 },
      heartbeat: { connector: { at: NOW }, source: { roundTripMs: 100 } },
    })
  })

  test('is stopped when it never ran, and no runway is given for what is not retained', () => {
    const { verdict, why } = statusAtRest({ ...atRest, offset: null, pulses: [] })
    expect({ verdict, why }).toEqual({
      verdict: 'stopped',
      why: 'no process runs the connector; no offset is stored yet',
    })
  })

  test('is stopped, too, when the inspection fails', () => {
    const { verdict, why } = statusAtRest({ ...atRest, state: null })
    expect({ verdict, why }).toEqual({
      verdict: 'stopped',
      why: 'no process runs the connector; how long it can stay stopped is not known',
    })
  })

  test('is starting, which is not well, while a process that runs it has no stream yet', () => {
    const { verdict, why } = statusAtRest({ ...atRest, ...runs('starting', 2000) })
    expect({ verdict, why }).toEqual({
      verdict: 'stale',
      why: 'the connector started 2 s ago and has no stream yet',
    })
  })

  test('is stale when its process does not report any more, and blind when nothing can be learned', () => {
    expect(statusAtRest({ ...atRest, ...runs('silent', 180_000) })).toMatchObject({
      verdict: 'stale',
      why: 'the connector has not reported for 3 min',
    })
    expect(statusAtRest({ ...atRest, ...runs('silent', 180_000), state: null }).verdict).toBe('blind')
  })

  test('is not judged by a wall clock that jumped back', () => {
    expect(statusAtRest({ ...atRest, nowMs: NOW_MS - 24 * HOUR_MS }).verdict).toBe('stopped')
  })
})
