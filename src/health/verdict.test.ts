import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { logState } from '../../test/support/log-state.ts'
import { ERROR_TABLE, type ErrorCode } from '../model/error-code.ts'
import type { Limit } from '../model/log-state.ts'
import type { RunwayClock } from '../model/runway.ts'
import { VERDICTS, type VerdictName } from '../model/verdict.ts'
import { runwayOf } from './runway.ts'
import { type StreamEvidence, type VerdictEvidence, verdictOf } from './verdict.ts'

const INTERVAL_MS = 60_000
const HOUR_MS = 3_600_000
const LOST = lostCode()

function lostCode(): ErrorCode {
  for (const [code, entry] of Object.entries(ERROR_TABLE)) {
    if (entry.kind === 'lost position') return code as ErrorCode
  }
  throw new Error('no code of kind "lost position"')
}

function healthy(different: Partial<VerdictEvidence> = {}): VerdictEvidence {
  const state = logState()
  return {
    intervalMs: INTERVAL_MS,
    watchedMs: 5 * HOUR_MS,
    stream: { state: 'open' },
    state,
    inspectionAgeMs: 1_000,
    byteAgeMs: 1_000,
    runway: runwayOf(state, []),
    atRisk: { runwayMs: 24 * HOUR_MS, usedRatio: 0.8 },
    pulse: { backAgeMs: 20_000, roundTripMs: 41 },
    broken: null,
    offsetAgeMs: 20_000,
    changeAgeMs: 3 * HOUR_MS,
    ...different,
  }
}

function clock(seconds: number | null): VerdictEvidence['runway'] {
  const because = ['a reason']
  const one: RunwayClock = {
    name: 'a limit',
    ends: 'offset lost',
    seconds,
    kind: seconds === null ? 'unknown' : 'estimate',
    because,
  }
  return { ...one, clocks: [one] }
}

function limited(used: number, keeps = 100): Partial<VerdictEvidence> {
  const limit: Limit = { name: 'a limit', unit: 'bytes', keeps, used, certain: true, ends: 'offset lost', because: [] }
  return { state: logState({ limits: [limit] }) }
}

const blocker = {
  kind: 'transaction',
  name: 'pid 7',
  sinceMs: null,
  holds: 'log' as const,
  heldBytes: null,
  details: {},
  fix: [],
}
const no = (code: ErrorCode) =>
  logState({
    resume: {
      can: 'no',
      code,
      message: 'it is lost',
      found: null,
      expected: null,
      details: {},
      choices: [],
      stop: false,
    },
  })
const behind = logState({ behind: 'yes', lagBytes: 5n })
const THREE_MS = 3 * INTERVAL_MS

const STOPPED = { state: 'stopped', why: 'nobody runs it' } as const

const TABLE: readonly [string, Partial<VerdictEvidence>, VerdictName, string][] = [
  ['all well', {}, 'idle', 'no change for 3 h; last pulse came back in 41 ms'],
  ['the offset cannot be opened', { state: no(LOST) }, 'lost', `${LOST}: `],
  [
    'it cannot be opened for another reason',
    { state: no('FENCED') },
    'at risk',
    'if the stream breaks, it cannot be reopened: FENCED: ',
  ],
  [
    'all is dark',
    { inspectionAgeMs: THREE_MS, byteAgeMs: THREE_MS },
    'blind',
    'the database was last inspected 3 min ago',
  ],
  ['not dark yet', { inspectionAgeMs: THREE_MS - 1, byteAgeMs: THREE_MS }, 'idle', ''],
  ['inspections fail and the stream is received', { inspectionAgeMs: HOUR_MS, byteAgeMs: 0 }, 'idle', ''],
  ['the stream is silent and inspections succeed', { inspectionAgeMs: 0, byteAgeMs: HOUR_MS }, 'idle', ''],
  [
    'nothing ever',
    { inspectionAgeMs: null, byteAgeMs: null, state: null },
    'blind',
    'no inspection of the database has succeeded, and the stream has received nothing',
  ],
  ['nothing yet', { inspectionAgeMs: null, byteAgeMs: null, state: null, watchedMs: 5_000 }, 'idle', ''],
  ['lost comes before blind', { state: no(LOST), inspectionAgeMs: HOUR_MS, byteAgeMs: HOUR_MS }, 'lost', ''],
  [
    'a clock below the line',
    { runway: clock(24 * 3600 - 1) },
    'at risk',
    'a limit will be used up in about 24 h (threshold 24 h): a reason',
  ],
  ['a clock that has run out', { runway: clock(0) }, 'at risk', 'a limit is used up (threshold 24 h): a reason'],
  ['a clock at the line', { runway: clock(24 * 3600) }, 'idle', ''],
  ['a limit used beyond the line', limited(81), 'at risk', '81% of a limit is used'],
  ['a limit used up to the line', limited(80), 'idle', ''],
  ['a limit of nothing that is used', limited(1, 0), 'at risk', 'all of a limit is used'],
  [
    'a blocker and no clock',
    { state: logState({ blockers: [blocker] }) },
    'at risk',
    'transaction pid 7 retains the log',
  ],
  [
    'a blocker of the stream, and no clock',
    { state: logState({ blockers: [{ ...blocker, holds: 'stream' as const }] }) },
    'idle',
    '',
  ],
  ['a blocker and a long clock', { state: logState({ blockers: [blocker] }), runway: clock(1e6) }, 'idle', ''],
  ['at risk comes before blind', { ...limited(99), inspectionAgeMs: HOUR_MS, byteAgeMs: HOUR_MS }, 'at risk', ''],
  [
    'the pulse is late',
    { pulse: { backAgeMs: THREE_MS + 1, roundTripMs: 1 } },
    'stale',
    'the last pulse came back 3 min ago',
  ],
  ['the pulse is not late yet', { pulse: { backAgeMs: THREE_MS, roundTripMs: 1 } }, 'idle', ''],
  ['no pulse ever', { pulse: { backAgeMs: null, roundTripMs: null } }, 'stale', 'no pulse has come back in 5 h'],
  [
    'no pulse yet',
    { pulse: { backAgeMs: null, roundTripMs: null }, watchedMs: 1 },
    'idle',
    'no change for 3 h; waiting for the first heartbeat',
  ],
  [
    'just started',
    { pulse: { backAgeMs: null, roundTripMs: null }, changeAgeMs: null, watchedMs: 115 },
    'idle',
    'started; waiting for the first heartbeat',
  ],
  ['the offset stands, the log moves', { offsetAgeMs: THREE_MS, state: behind }, 'stale', 'the log is 5 bytes ahead'],
  [
    'the same, held up by another part of the database',
    { offsetAgeMs: THREE_MS, state: { ...behind, blockers: [{ ...blocker, holds: 'stream' as const }] } },
    'stale',
    'the log is 5 bytes ahead of it; the stream is held up by transaction pid 7',
  ],
  [
    'a log that is not counted in bytes',
    { offsetAgeMs: THREE_MS, state: logState({ behind: 'yes', lagBytes: null, lagMs: 95_000 }) },
    'stale',
    'has not moved for 3 min though the log is 95 s ahead of it',
  ],
  [
    'a log that only shows whether there is more',
    { offsetAgeMs: THREE_MS, state: logState({ behind: 'yes', lagBytes: null }) },
    'stale',
    'has not moved for 3 min though the log has grown since',
  ],
  ['such a log with nothing more', { offsetAgeMs: HOUR_MS, state: logState({ lagBytes: null }) }, 'idle', ''],
  [
    'a log of which nothing is known',
    { offsetAgeMs: HOUR_MS, state: logState({ behind: 'unknown', lagBytes: null }) },
    'idle',
    '',
  ],
  ['the offset stands, not long', { offsetAgeMs: THREE_MS - 1, state: behind }, 'idle', ''],
  ['the offset stands, so does the log', { offsetAgeMs: HOUR_MS }, 'idle', ''],
  [
    'an inspection older than the move',
    { offsetAgeMs: HOUR_MS, inspectionAgeMs: 2 * HOUR_MS, state: behind },
    'idle',
    '',
  ],
  ['at risk comes before stale', { ...limited(99), pulse: { backAgeMs: HOUR_MS, roundTripMs: 1 } }, 'at risk', ''],
  ['a change within the interval', { changeAgeMs: INTERVAL_MS }, 'flowing', 'a change was stored 60 s ago'],
  ['a change before it', { changeAgeMs: INTERVAL_MS + 1 }, 'idle', 'no change for 60 s'],
  ['no change, watched for a while', { changeAgeMs: null }, 'idle', 'no change yet in 5 h; last pulse'],
  ['stale comes before flowing', { changeAgeMs: 0, pulse: { backAgeMs: HOUR_MS, roundTripMs: 1 } }, 'stale', ''],
  ['layer 2 off', { pulse: null }, 'idle', 'no change for 3 h; the offset advances by progress alone: layer 2 is off'],
  ['no connector runs', { stream: STOPPED, changeAgeMs: 0 }, 'stopped', 'nobody runs it; it can stay stopped until'],
  ['stopped, with a runway', { stream: STOPPED, runway: clock(90_000) }, 'stopped', 'for about 25 h before the offset'],
  [
    'at risk comes before stopped',
    { ...limited(99), stream: STOPPED },
    'at risk',
    '99% of a limit is used; nobody runs it',
  ],
  ['stopped comes before blind', { stream: STOPPED, inspectionAgeMs: HOUR_MS, byteAgeMs: HOUR_MS }, 'stopped', ''],
  [
    'the stream is down',
    { stream: { state: 'broken', ageMs: 3000, cause: 'A_CODE: it refused' }, changeAgeMs: 0 },
    'stale',
    'the stream has been down for 3 s, and the connector is retrying (A_CODE: it refused)',
  ],
  [
    'the stream is down and nothing else is known',
    {
      stream: { state: 'broken', ageMs: THREE_MS, cause: 'A_CODE: it refused' },
      inspectionAgeMs: THREE_MS,
      byteAgeMs: THREE_MS,
    },
    'blind',
    '(A_CODE: it refused)',
  ],
  [
    'the pulse is late, and why is known',
    {
      pulse: { backAgeMs: THREE_MS + 1, roundTripMs: 1 },
      broken: { hop: 'seen', code: 'PULSE_NOT_SEEN', found: 'it was not seen', fix: [] },
    },
    'stale',
    ': it was not seen (PULSE_NOT_SEEN)',
  ],
  ["a job's pulse", { pulse: { backAgeMs: 9_000, roundTripMs: null } }, 'idle', 'the last pulse was seen 9 s ago'],
]

test.each(TABLE)('%s', (_, different, name, why) => {
  const verdict = verdictOf(healthy(different))
  expect(verdict.name).toBe(name)
  expect(verdict.why).toContain(why)
})

const ageMs = fc.nat({ max: 10 * INTERVAL_MS })
const maybeAgeMs = fc.option(ageMs)
const anyState = fc.option(
  fc.record({
    lost: fc.boolean(),
    used: fc.nat({ max: 100 }),
    blocked: fc.boolean(),
    behind: fc.constantFrom('yes', 'no', 'unknown'),
    lagBytes: fc.option(fc.bigInt({ min: 0n, max: 10n })),
    lagMs: fc.option(fc.nat()),
  }),
)
const anyEvidence = fc
  .record({
    watchedMs: ageMs,
    state: anyState,
    inspectionAgeMs: maybeAgeMs,
    byteAgeMs: maybeAgeMs,
    seconds: fc.option(fc.nat({ max: 2 * 24 * 3600 })),
    pulse: fc.option(fc.record({ backAgeMs: maybeAgeMs, roundTripMs: fc.option(fc.nat()) })),
    offsetAgeMs: maybeAgeMs,
    changeAgeMs: maybeAgeMs,
    stream: fc.constantFrom<StreamEvidence>(
      { state: 'open' },
      { state: 'starting', ageMs: 5, cause: null },
      { state: 'broken', ageMs: 5, cause: 'A_CODE: why' },
      STOPPED,
    ),
  })
  .map(({ state, seconds, ...rest }): VerdictEvidence => {
    const used = limited(state?.used ?? 0).state
    const { resume } = state?.lost === true ? no(LOST) : logState()
    const blockers = state?.blocked === true ? [blocker] : []
    const { behind, lagBytes, lagMs } = state ?? logState()
    const inspected = state === null || used == null ? null : { ...used, resume, blockers, behind, lagBytes, lagMs }
    return healthy({ ...rest, state: inspected, runway: clock(seconds) })
  })

/** Lower is worse. All healthy verdicts rank equally. */
function rank(name: VerdictName): number {
  return Math.min(VERDICTS.indexOf(name), VERDICTS.indexOf('flowing'))
}

/** Each changes one fact, and can only make things worse. */
const HARM: readonly ((evidence: VerdictEvidence) => VerdictEvidence)[] = [
  (evidence) => ({ ...evidence, stream: STOPPED }),
  (evidence) => ({ ...evidence, state: no(LOST) }),
  (evidence) => ({ ...evidence, runway: clock(0) }),
  (evidence) => ({ ...evidence, inspectionAgeMs: 10 * THREE_MS, byteAgeMs: 10 * THREE_MS }),
  (evidence) => ({ ...evidence, pulse: { backAgeMs: 10 * THREE_MS, roundTripMs: null } }),
  (evidence) => ({ ...evidence, state: evidence.state && { ...evidence.state, blockers: [blocker] } }),
  (evidence) => ({
    ...evidence,
    state: evidence.state && { ...evidence.state, ...limited(100).state, resume: evidence.state.resume },
  }),
]

describe('whatever the evidence', () => {
  test('there is one verdict, with a reason, and the same one for the same evidence', () => {
    fc.assert(
      fc.property(anyEvidence, (evidence) => {
        const verdict = verdictOf(evidence)
        expect(VERDICTS).toContain(verdict.name)
        expect(verdict.why).not.toBe('')
        expect(verdict.why).not.toMatch(/NaN|Infinity|undefined|null/)
        expect(verdictOf(evidence)).toEqual(verdict)
      }),
    )
  })

  test('more evidence of harm never improves it', () => {
    fc.assert(
      fc.property(anyEvidence, fc.constantFrom(...HARM), (evidence, harm) => {
        expect(rank(verdictOf(harm(evidence)).name)).toBeLessThanOrEqual(rank(verdictOf(evidence).name))
      }),
    )
  })
})
