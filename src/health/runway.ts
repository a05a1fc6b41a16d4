import type { Sample } from '../journal/journal.ts'
import type { Limit, LogState } from '../model/log-state.ts'
import type { Runway, RunwayClock } from '../model/runway.ts'
import { bytesInWords, timeInWords } from './figures.ts'
import { type WriteRate, writeRate } from './write-rate.ts'

/** Nobody plans further ahead; what lies beyond is "at least" this. */
const LONGEST_SECONDS = 10 * 365 * 24 * 3600

/**
 * How long the connector could stay down: one clock a limit of the newest look, and the shortest of them. `samples` are the
 * recent looks, newest first, to take the rate from at which the server writes its log (its own rate, not our lag's).
 */
export function runwayOf(state: LogState | null, samples: readonly Sample[]): Runway {
  if (state === null) {
    return { seconds: null, kind: 'unknown', because: ['no look at the database has succeeded yet'], clocks: [] }
  }
  const rate = writeRate(samples)
  const clocks = state.limits.map((limit) => clockOf(limit, rate))
  const because = unseenReasons(state)
  if (state.resume.can === 'no') {
    return { seconds: 0, kind: 'estimate', because: [`the offset cannot be opened: ${state.resume.code}`], clocks }
  }
  const shortest = shortestOf(clocks)
  if (shortest === null) {
    return { seconds: null, kind: 'unbounded', because: [NO_LIMIT, growth(rate), ...because], clocks }
  }
  return { seconds: shortest.seconds, kind: shortest.kind, because: [...shortest.because, ...because], clocks }
}

const NO_LIMIT = 'the database sets no limit; the disk is one'

function clockOf(limit: Limit, rate: WriteRate): RunwayClock {
  const { name } = limit
  if (!Number.isFinite(limit.keeps)) {
    return { name, seconds: null, kind: 'unbounded', because: [`${name}: ${NO_LIMIT}`, growth(rate)] }
  }
  const clock = limit.unit === 'ms' ? timeClock(limit) : bytesClock(limit, rate)
  return limit.certain ? clock : { ...clock, because: [...clock.because, `the figure for ${name} is our estimate`] }
}

/** A limit in time runs by itself; a server purges at it or later. */
function timeClock(limit: Limit): RunwayClock {
  const remainingMs = Math.max(0, limit.keeps - limit.used)
  const because = [`${limit.name} keeps ${timeInWords(limit.keeps)}, of which ${timeInWords(limit.used)} are used`]
  return capped({
    name: limit.name,
    seconds: Math.floor(remainingMs / 1000),
    kind: limit.certain ? 'at least' : 'estimate',
    because,
  })
}

function bytesClock(limit: Limit, rate: WriteRate): RunwayClock {
  const { name } = limit
  const remaining = Math.max(0, limit.keeps - limit.used)
  const room = `${name} keeps ${bytesInWords(limit.keeps)}, of which ${bytesInWords(limit.used)} are used`
  if (remaining === 0) return { name, seconds: 0, kind: 'estimate', because: [`${room}: there is no room left`] }
  if (rate.bytesPerMs === null) return { name, seconds: null, kind: 'unknown', because: [room, growth(rate)] }
  if (rate.bytesPerMs === 0) {
    return { name, seconds: LONGEST_SECONDS, kind: 'estimate', because: [room, growth(rate)] }
  }
  const seconds = Math.floor(remaining / rate.bytesPerMs / 1000)
  return capped({ name, seconds, kind: 'estimate', because: [room, growth(rate)] })
}

function capped(clock: RunwayClock & { readonly seconds: number }): RunwayClock {
  return clock.seconds > LONGEST_SECONDS ? { ...clock, seconds: LONGEST_SECONDS } : clock
}

/** The least number of seconds; else what is not known, else what has no bound. */
function shortestOf(clocks: readonly RunwayClock[]): RunwayClock | null {
  const unknown = clocks.filter((clock) => clock.kind === 'unknown')
  const known = clocks.filter((clock) => clock.seconds !== null)
  const shortest = known.toSorted((a, b) => (a.seconds ?? 0) - (b.seconds ?? 0))[0]
  if (shortest === undefined) return unknown[0] ?? clocks[0] ?? null
  const besides = unknown.map((clock) => `${clock.name} may be shorter: it is not known`)
  return { ...shortest, because: [...shortest.because, ...besides] }
}

function growth(rate: WriteRate): string {
  const { bytesPerMs, overMs } = rate
  if (bytesPerMs === null) return `how fast the log grows is not known yet: ${rate.why}`
  if (bytesPerMs === 0) return `nothing was written to the log in the last ${timeInWords(overMs)}`
  const perHour = bytesInWords(bytesPerMs * 3_600_000)
  return `the server wrote ${perHour} an hour to its log, over the last ${timeInWords(overMs)}`
}

function unseenReasons(state: LogState): readonly string[] {
  return state.unseen.map(({ what, grant }) => `not visible to us: ${what} (${grant})`)
}
