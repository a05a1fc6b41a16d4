import { describe, expect, test } from 'vitest'
import { logState } from '../../test/support/log-state.ts'
import type { Offset } from '../model/offset.ts'
import type { Position } from '../model/position.ts'
import type { Pulse } from '../model/pulse.ts'
import { type EvidenceAtRest, statusAtRest } from './assessment-at-rest.ts'
import { runwayOf } from './runway.ts'
import { newestPulses, roundTripMs, type StatusEvidence, sourceStatus } from './status.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const NOW = '2026-01-01T00:00:00.000Z'
const HOUR_MS = 3_600_000

function pulse(different: Partial<Pulse>): Pulse {
  const none = { deliveredAtMs: null, storedAtMs: null, acknowledgedAtMs: null, committedAtMs: null, failedCode: null }
  return { nonce: 'n', writtenAtMs: null, seenAtMs: null, ...none, ...different }
}

const offset: Offset = {
  position: '0/1A2B3C8' as Position,
  server: { systemIdentifier: '1' },
  memory: {},
  moved: { by: 'progress', why: 'nothing undelivered', atMs: NOW_MS },
}

const evidence: StatusEvidence = {
  name: 'shop',
  kind: 'postgresql',
  verdict: { name: 'idle', why: 'no change for 3 h; last pulse came back in 41 ms' },
  runway: runwayOf(logState(), []),
  offset,
  state: logState({ lagBytes: 7n }),
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
    verdict: 'idle',
    why: 'no change for 3 h; last pulse came back in 41 ms',
    offset: { position: '0/1A2B3C8', storedAt: NOW, movedBy: 'progress', lagBytes: 7 },
    heartbeat: {
      connector: { at: NOW, intervalMs: 60_000 },
      source: { mode: 'table', writtenAt: NOW, seenAt: '2025-12-31T23:59:00.041Z', roundTripMs: 41, broken: null },
    },
    runway: evidence.runway,
    blockers: [],
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
  expect(sourceStatus({ ...evidence, state: null }).offset?.lagBytes).toBeNull()
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

describe('a source whose connector does not run', () => {
  const atRest: EvidenceAtRest = {
    name: 'shop',
    kind: 'postgresql',
    nowMs: NOW_MS,
    connectorIntervalMs: 60_000,
    sourceHeartbeat: { mode: 'table', intervalMs: 60_000 },
    atRisk: { runwayMs: 24 * HOUR_MS, usedRatio: 0.8 },
    offset,
    state: logState({ atMs: NOW_MS }),
    samples: [],
    pulses: [pulse({ writtenAtMs: NOW_MS - 1_000, seenAtMs: NOW_MS - 900 })],
    lastStatus: null,
  }

  test('is well while its last pulse is fresh', () => {
    expect(statusAtRest(atRest)).toMatchObject({ verdict: 'idle', heartbeat: { source: { roundTripMs: 100 } } })
  })

  test('is stale when it has been down for more than three intervals', () => {
    const nowMs = NOW_MS + HOUR_MS
    expect(statusAtRest({ ...atRest, nowMs, state: logState({ atMs: nowMs }) }).verdict).toBe('stale')
  })

  test('is not well when it never ran: nothing keeps its place', () => {
    const { verdict, why } = statusAtRest({ ...atRest, offset: null, pulses: [] })
    expect({ verdict, why }).toEqual({ verdict: 'stale', why: 'no offset is stored: the connector has never run' })
  })

  test('is blind when the look fails and the last one is old, or there never was one', () => {
    expect(statusAtRest({ ...atRest, state: null }).verdict).toBe('blind')
    const samples = [
      { atMs: NOW_MS, server: null, headPosition: '0', writtenBytes: null, heldBytes: null, lagBytes: null },
    ]
    expect(statusAtRest({ ...atRest, state: null, samples }).verdict).toBe('idle')
    expect(statusAtRest({ ...atRest, state: null, samples, nowMs: NOW_MS + HOUR_MS }).verdict).toBe('blind')
  })

  test('is not judged by a wall clock that jumped back', () => {
    expect(statusAtRest({ ...atRest, nowMs: NOW_MS - 24 * HOUR_MS }).verdict).toBe('idle')
  })

  test("keeps what the connector's last status knew", () => {
    const lastStatus = { ...sourceStatus(evidence), lastChangeAt: NOW }
    expect(statusAtRest({ ...atRest, lastStatus })).toMatchObject({
      verdict: 'flowing',
      lastChangeAt: NOW,
      counts: { changes: 12 },
      heartbeat: { connector: { at: NOW } },
    })
  })
})
