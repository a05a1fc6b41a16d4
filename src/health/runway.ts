import type { Sample } from '../journal/journal.ts'
import { ERROR_TABLE } from '../model/error-code.ts'
import { bytesInWords, timeInWords } from '../model/figures.ts'
import type { Fix } from '../model/fix.ts'
import type { Limit, LogState } from '../model/log-state.ts'
import type { Runway, RunwayClock } from '../model/runway.ts'
import { blockerInWords } from './blocker.ts'
import { type Pace, type RateWindows, type WorstHour, type WriteRate, writeRate } from './write-rate.ts'

/** Nobody plans further ahead than this. Longer times are reported as "at least" this long. */
const LONGEST_SECONDS = 10 * 365 * 24 * 3600
/** When this much of a day was watched, its worst hour is considered reliable. */
const WHOLE_DAY_MS = 20 * 3_600_000

/**
 * How long the connector could stay down: a time for each limit of the newest inspection, and the shortest of them. `samples` are the
 * inspections of the last day, newest first. They give the rate at which the server writes its log (the server's own rate, not that of our
 * lag).
 */
export function runwayOf(state: LogState | null, samples: readonly Sample[], windows?: RateWindows): Runway {
  if (state === null) {
    return { seconds: null, kind: 'unknown', because: ['the database has not been inspected yet'], clocks: [] }
  }
  const rate = writeRate(samples, windows)
  const clocks = state.limits.map((limit) => clockOf(limit, rate))
  if (isLost(state)) {
    const because = [`the offset cannot be opened: ${state.resume.can === 'no' ? state.resume.code : ''}`]
    return { seconds: 0, kind: 'estimate', because, clocks }
  }
  const besides = besidesOf(state, samples)
  const shortest = shortestOf(clocks)
  if (shortest === null) {
    const disk = clocks.flatMap(({ because }) => because)
    const because = disk.length > 0 ? disk : [NO_LIMIT, ...growth(rate)]
    return { seconds: null, kind: 'unbounded', because: [...new Set([...because, ...besides])], clocks }
  }
  const { seconds, kind, because } = shortest
  return { seconds, kind, because: [...new Set([...because, ...besides])], clocks }
}

/** Reasons that apply whichever limit decides: what retains the log, and what we lack the permission to see. */
export function besidesOf(state: LogState, samples: readonly Sample[]): readonly string[] {
  return [...state.blockers.map((blocker) => blockerInWords(blocker, state, samples)), ...unseenReasons(state)]
}

/** A position is not lost when a retry or a change of settings fixes the problem. */
export function isLost(state: LogState | null): boolean {
  return state?.resume.can === 'no' && ERROR_TABLE[state.resume.code].kind === 'lost position'
}

const NO_LIMIT = 'the database sets no limit, only the disk does'

function clockOf(limit: Limit, rate: WriteRate): RunwayClock {
  const { name, ends } = limit
  if (limit.keeps === null) {
    // How fast bytes are written tells nothing about a limit in time.
    const because = limit.unit === 'ms' ? limit.because : [...limit.because, ...growth(rate)]
    return { name, ends, seconds: null, kind: 'unknown', because }
  }
  if (!Number.isFinite(limit.keeps)) {
    const because = limit.because.length > 0 ? limit.because : [`${name}: ${NO_LIMIT}`]
    return { name, ends, seconds: null, kind: 'unbounded', because: [...because, ...growth(rate)] }
  }
  const bounded = { ...limit, keeps: limit.keeps }
  const clock = limit.unit === 'ms' ? timeClock(bounded) : bytesClock(bounded, rate)
  const doubt = limit.certain ? [] : [`the figure for ${name} is an estimate`]
  return { ...clock, because: [...clock.because, ...limit.because, ...doubt] }
}

type Bounded = Limit & { readonly keeps: number }

/** The time left under a limit in time. It elapses by itself, and a server purges at the limit or later. */
function timeClock(limit: Bounded): RunwayClock {
  const { name, ends, keeps, used, certain } = limit
  const remainingMs = Math.max(0, keeps - used)
  const because = [`${name} keeps ${timeInWords(keeps)}, of which ${timeInWords(used)} are used`]
  const kind = certain ? 'at least' : 'estimate'
  return capped({ name, ends, seconds: Math.floor(remainingMs / 1000), kind, because })
}

function bytesClock({ name, ends, keeps, used, certain }: Bounded, rate: WriteRate): RunwayClock {
  const remaining = Math.max(0, keeps - used)
  const room = `${name} keeps ${bytesInWords(keeps)}, of which ${bytesInWords(used)} are used`
  const because = [room, ...growth(rate)]
  if (remaining === 0) {
    return { name, ends, seconds: 0, kind: 'estimate', because: [`${room}: there is no room left`] }
  }
  if (rate.bytesPerMs === null) return { name, ends, seconds: null, kind: 'unknown', because }
  const kind = certain && rate.watchedMs >= WHOLE_DAY_MS ? 'at least' : 'estimate'
  if (rate.bytesPerMs === 0) return { name, ends, seconds: LONGEST_SECONDS, kind, because }
  return capped({ name, ends, seconds: Math.floor(remaining / rate.bytesPerMs / 1000), kind, because })
}

function capped(clock: RunwayClock & { readonly seconds: number }): RunwayClock {
  return clock.seconds > LONGEST_SECONDS ? { ...clock, seconds: LONGEST_SECONDS } : clock
}

/**
 * Returns the limit with the fewest seconds, or else the limit whose time is not known. null: nothing limits our position except a disk of
 * unknown size.
 */
function shortestOf(clocks: readonly RunwayClock[]): RunwayClock | null {
  const unknown = clocks.filter((clock) => clock.kind === 'unknown')
  const known = clocks.filter((clock) => clock.seconds !== null)
  const shortest = known.toSorted((a, b) => (a.seconds ?? 0) - (b.seconds ?? 0))[0]
  if (shortest === undefined) return unknown.find(({ ends }) => ends === 'offset lost') ?? null
  const besides = unknown.map((clock) => `${clock.name} is not known, and may be shorter`)
  return { ...shortest, because: [...shortest.because, ...besides] }
}

/** The rate as text, with the evidence for it. */
function growth(rate: WriteRate): readonly string[] {
  if (rate.bytesPerMs === null) return [`how fast the log grows is not known yet: ${rate.why}`]
  const { recent, worstHour, watchedMs } = rate
  const watched = `the log was watched for ${timeInWords(watchedMs)} only`
  return [
    ...(recent === null
      ? ['how fast it grows since the server was started or replaced is not known yet']
      : [lately(recent)]),
    worstHour === null ? `no worst hour is known: ${watched}` : worstInWords(worstHour, watchedMs),
  ]
}

function lately({ bytesPerMs, overMs }: Pace): string {
  const over = timeInWords(overMs)
  if (bytesPerMs === 0) return `nothing was written to the log in the last ${over}`
  return `the server wrote ${perHour(bytesPerMs)} an hour to its log, over the last ${over}`
}

function worstInWords({ fromMs, bytesPerMs, overMs }: WorstHour, watchedMs: number): string {
  const from = new Date(fromMs).toISOString().slice(0, 16)
  const day = watchedMs >= WHOLE_DAY_MS ? 'the last day watched' : `the ${timeInWords(watchedMs)} watched so far`
  const hour = overMs < 2 * 3_600_000 ? 'the worst hour' : `the worst time (${timeInWords(overMs)})`
  return `in ${hour} of ${day}, from ${from}Z, it wrote ${perHour(bytesPerMs)} an hour`
}

function perHour(bytesPerMs: number): string {
  return bytesInWords(bytesPerMs * 3_600_000)
}

function unseenReasons(state: LogState): readonly string[] {
  return state.unseen.map(({ what, fix }) => `not visible to this user: ${what} (${showing(fix)})`)
}

/** Without the name of the client, which a runway does not know. */
function showing({ in: where, text }: Fix): string {
  return where === 'database' ? `in the database's client: ${text}` : text
}
