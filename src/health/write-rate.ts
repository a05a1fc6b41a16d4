import type { Sample } from '../journal/journal.ts'

/** How far back samples are read. Rates use the last day that was watched, which can be before a long pause. */
export const RATE_HISTORY_MS = 7 * 86_400_000

/** How fast the server writes its log: recently, and in the worst hour of the last day that was watched. */
export type WriteRate =
  | {
      readonly bytesPerMs: number
      /** null: the server's current run has not been watched for long enough, and the worst hour is used. */
      readonly recent: Pace | null
      /** null: no stretch of samples spans an hour or more. */
      readonly worstHour: WorstHour | null
      /** How much of that day the log was watched. */
      readonly watchedMs: number
    }
  | { readonly bytesPerMs: null; readonly watchedMs: number; readonly why: string }

export interface Pace {
  readonly bytesPerMs: number
  readonly overMs: number
}

export interface WorstHour extends Pace {
  readonly fromMs: number
}

export interface RateWindows {
  /** Samples that span less time than this give no rate. */
  readonly shortestMs: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const RECENT_MS = HOUR_MS / 4
const USUAL: RateWindows = { shortestMs: 60_000 }

/**
 * Calculates the rate from samples, newest first. No rate spans a restart of the server, a different server, or a clock that was set back:
 * the samples are split there. Samples of a different system are left out. Those from before a restart or a failover still show the load.
 */
export function writeRate(samples: readonly Sample[], windows: RateWindows = USUAL): WriteRate {
  const stretches = stretchesOf(lastWatchedDay(samples))
  const newest = stretches[0]
  if (newest === undefined)
    return { bytesPerMs: null, watchedMs: 0, why: 'no inspection has measured how much was written' }
  const watchedMs = stretches.reduce((sum, stretch) => sum + watchedOf(stretch), 0)
  const pace = recentPace(newest)
  const recent = pace.overMs >= windows.shortestMs ? pace : null
  const worstHour = worstOf(stretches)
  if (recent === null && worstHour === null) return { bytesPerMs: null, watchedMs, why: tooShort(pace, windows) }
  return { bytesPerMs: Math.max(recent?.bytesPerMs ?? 0, worstHour?.bytesPerMs ?? 0), recent, worstHour, watchedMs }
}

function tooShort({ overMs }: Pace, { shortestMs }: RateWindows): string {
  const seconds = (ms: number) => `${Math.round(ms / 1000)} s`
  return `the server has been watched for ${seconds(overMs)} of its present run, and it takes ${seconds(shortestMs)}`
}

/** The newest samples, newest first, that add up to a watched day. A gap, such as a pause over a weekend, counts as at most an hour. */
export function lastWatchedDay(samples: readonly Sample[]): readonly Sample[] {
  let watchedMs = 0
  let later: Sample | undefined
  for (const [index, sample] of samples.entries()) {
    watchedMs += later === undefined ? 0 : Math.min(HOUR_MS, Math.abs(later.atMs - sample.atMs))
    if (watchedMs > DAY_MS) return samples.slice(0, index)
    later = sample
  }
  return samples
}

interface Point {
  readonly atMs: number
  readonly bytes: number
  readonly run: string | null
}

/** Newest first. */
type Stretch = readonly Point[]

/** Newest first. All belong to the same system as the newest sample. */
function stretchesOf(samples: readonly Sample[]): readonly Stretch[] {
  const stretches: Point[][] = []
  const system = samples.find(({ writtenBytes }) => writtenBytes !== null)?.server?.system ?? null
  let later: Point | null = null
  for (const { writtenBytes, server, atMs } of samples) {
    if (writtenBytes === null || (server?.system ?? null) !== system) continue
    const point: Point = { atMs, bytes: Number(writtenBytes), run: server?.run ?? null }
    if (later !== null && goesOn(point, later)) stretches.at(-1)?.push(point)
    else stretches.push([point])
    later = point
  }
  return stretches
}

function goesOn(earlier: Point, later: Point): boolean {
  return earlier.bytes <= later.bytes && earlier.atMs <= later.atMs && earlier.run === later.run
}

function watchedOf(stretch: Stretch): number {
  let watchedMs = 0
  for (const [index, { atMs }] of stretch.entries()) {
    watchedMs += Math.min(HOUR_MS, (stretch[index - 1]?.atMs ?? atMs) - atMs)
  }
  return watchedMs
}

/**
 * The rate over the last 15 minutes of the current run, or the part of them that was watched. Samples further apart than that: over the
 * last two.
 */
function recentPace(stretch: Stretch): Pace {
  const newest = stretch[0]
  const within = stretch.findLast(({ atMs }) => newest !== undefined && newest.atMs - atMs <= RECENT_MS)
  return paceBetween(within === newest ? stretch[1] : within, newest)
}

function paceBetween(from: Point | undefined, to: Point | undefined): Pace {
  const overMs = from === undefined || to === undefined ? 0 : to.atMs - from.atMs
  if (from === undefined || to === undefined || overMs <= 0) return { bytesPerMs: 0, overMs: 0 }
  return { bytesPerMs: (to.bytes - from.bytes) / overMs, overMs }
}

/**
 * Considers every window that begins and ends at a sample and is the shortest one of an hour or more. Returns the one with the highest
 * rate.
 */
function worstOf(stretches: readonly Stretch[]): WorstHour | null {
  let found: WorstHour | null = null
  for (const stretch of stretches) {
    let start = 0
    for (const to of stretch) {
      while (start < stretch.length && to.atMs - (stretch[start]?.atMs ?? 0) < HOUR_MS) start++
      const from = stretch[start]
      if (from === undefined) break
      if (found !== null && (to.bytes - from.bytes) / (to.atMs - from.atMs) <= found.bytesPerMs) continue
      found = { ...paceBetween(from, to), fromMs: from.atMs }
    }
  }
  return found
}
