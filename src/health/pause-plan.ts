import type { Sample } from '../journal/journal.ts'
import { timeInWords } from '../model/figures.ts'
import type { Limit, LogState } from '../model/log-state.ts'
import type { StoredOffset } from '../model/offset.ts'
import type { Runway, RunwayClock } from '../model/runway.ts'
import { besidesOf, isLost, runwayOf } from './runway.ts'
import { refusalWhy } from './verdict.ts'
import { type WriteRate, writeRate } from './write-rate.ts'

/** Whether the connector can be stopped for some time from now on. If it is not running, the time since it stopped counts too. */
export interface PausePlan {
  readonly answer: 'yes' | 'no' | 'unknown'
  /** What is left of the deciding limit's time when the pause ends. Negative: this much is missing. null: no limit's time is known. */
  readonly marginSeconds: number | null
  readonly decidedBy: string | null
  readonly because: readonly string[]
  /** How much the server will have written by then at the current rate; null: not known. */
  readonly writtenBytes: number | null
  readonly clocks: readonly RunwayClock[]
  /** The limits that are too small, and how much each must keep, with a margin, in its own unit. */
  readonly raise: readonly { readonly name: string; readonly unit: Limit['unit']; readonly keeps: number }[]
}

export interface PauseEvidence {
  readonly pauseMs: number
  readonly offset: StoredOffset | null
  readonly state: LogState
  /** The inspections of the last day, newest first, including that of `state`. */
  readonly samples: readonly Sample[]
}

/** A rate from less time than this is not enough to answer yes. */
const ENOUGH_WATCHED_MS = 3_600_000
/** The margin, since loads grow and servers purge in whole files. */
const SPARE = { bytes: 1.5, ms: 1.25 } as const

export function planPause(evidence: PauseEvidence): PausePlan {
  const { state, samples, offset } = evidence
  const runway = runwayOf(state, samples)
  const rate = writeRate(samples)
  const writtenBytes = rate.bytesPerMs === null ? null : Math.round(rate.bytesPerMs * evidence.pauseMs)
  const base = { marginSeconds: null, decidedBy: null, writtenBytes, clocks: runway.clocks, raise: [] } as const
  if (isLost(state)) return { ...base, answer: 'no', because: runway.because }
  const refusal = refusalWhy(state)
  if (refusal !== null)
    return { ...base, answer: 'no', because: [`after the pause the stream could not be opened again: ${refusal}`] }
  if (offset === null)
    return {
      ...base,
      answer: 'unknown',
      because: ['no offset is stored: the connector has never run, and the server retains nothing for it'],
    }
  return { ...base, ...decide(evidence, runway, rate) }
}

type Decision = Pick<PausePlan, 'answer' | 'marginSeconds' | 'decidedBy' | 'because' | 'raise'>

function decide(evidence: PauseEvidence, runway: Runway, rate: WriteRate): Decision {
  const { pauseMs, state, samples } = evidence
  const known = runway.clocks.flatMap((clock) => (clock.seconds === null ? [] : [{ ...clock, seconds: clock.seconds }]))
  const shortest = known.toSorted((a, b) => a.seconds - b.seconds)[0]
  const decided = { marginSeconds: marginOf(shortest, pauseMs), decidedBy: shortest?.name ?? null }
  const besides = besidesOf(state, samples)
  if (shortest !== undefined && shortest.seconds * 1000 < pauseMs) {
    const raise = state.limits.flatMap((limit) => neededOf(limit, known, evidence, rate))
    return { ...decided, answer: 'no', because: [...shortest.because, ...besides], raise }
  }
  const unknown = runway.clocks.find(({ kind }) => kind === 'unknown')
  if (unknown !== undefined) {
    const { name, because } = unknown
    return { marginSeconds: null, decidedBy: name, answer: 'unknown', because: [...because, ...besides], raise: [] }
  }
  if (shortest === undefined) return { ...decided, answer: 'yes', because: runway.because, raise: [] }
  const doubt = doubtOf(known, state, rate)
  const because = [...shortest.because, ...(doubt === null ? [] : [doubt]), ...besides]
  return { ...decided, answer: doubt === null ? 'yes' : 'unknown', because, raise: [] }
}

function marginOf(clock: { readonly seconds: number } | undefined, pauseMs: number): number | null {
  return clock === undefined ? null : Math.round(clock.seconds - pauseMs / 1000)
}

/** A yes to a limit in bytes, whether it is the shortest or not, requires enough watched time. Returns null when there was enough. */
function doubtOf(clocks: readonly RunwayClock[], state: LogState, rate: WriteRate): string | null {
  const inBytes = state.limits.some(({ name, unit }) => unit === 'bytes' && clocks.some((clock) => clock.name === name))
  if (!inBytes || rate.watchedMs >= ENOUGH_WATCHED_MS) return null
  return `the log was watched for ${timeInWords(rate.watchedMs)} only; a yes needs at least an hour, better a day`
}

function neededOf(
  limit: Limit,
  known: readonly (RunwayClock & { readonly seconds: number })[],
  { pauseMs }: PauseEvidence,
  rate: WriteRate,
): PausePlan['raise'] {
  const { name, unit, used } = limit
  const clock = known.find((candidate) => candidate.name === name)
  if (clock === undefined || clock.seconds * 1000 >= pauseMs) return []
  if (unit === 'ms') return [{ name, unit, keeps: used + pauseMs * SPARE.ms }]
  return rate.bytesPerMs === null ? [] : [{ name, unit, keeps: used + rate.bytesPerMs * pauseMs * SPARE.bytes }]
}
