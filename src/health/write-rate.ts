import type { Sample } from '../journal/journal.ts'
import type { ServerRun } from '../model/log-state.ts'

/** How fast the server writes its log: lately, and in the worst hour of the last day. */
export type WriteRate =
  | {
      readonly bytesPerMs: number
      readonly recent: Pace
      /** Only where an hour or more has been watched at a stretch. */
      readonly worstHour: (Pace & { readonly fromMs: number }) | null
      /** For how much of the last day the log was watched. */
      readonly watchedMs: number
    }
  | { readonly bytesPerMs: null; readonly watchedMs: number; readonly why: string }

export interface Pace {
  readonly bytesPerMs: number
  readonly overMs: number
}

export interface RateWindows {
  /** Looks that span less than this say nothing of a rate. */
  readonly shortestMs: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const RECENT_MS = HOUR_MS / 4
const USUAL: RateWindows = { shortestMs: 60_000 }

/**
 * From looks, newest first. No rate spans a restart of the server, another server, or a clock that was put back: looks are cut into
 * stretches there. Stretches of another system are left out; those from before a restart or a failover still tell of the load.
 */
export function writeRate(samples: readonly Sample[], windows: RateWindows = USUAL): WriteRate {
  const stretches = stretchesOf(samples)
  const newest = stretches.at(-1)
  if (newest === undefined) return { bytesPerMs: null, watchedMs: 0, why: 'no look has told how much was written' }
  const endMs = newest.at(-1)?.atMs ?? 0
  const lately = stretches.map((stretch) => stretch.filter(({ atMs }) => atMs >= endMs - DAY_MS && atMs <= endMs))
  const watchedMs = lately.reduce((sum, stretch) => sum + spanOf(stretch), 0)
  const recent = recentPace(newest, endMs)
  const worstHour = worst(lately)
  if (recent.overMs >= windows.shortestMs)
    return { bytesPerMs: Math.max(recent.bytesPerMs, worstHour?.bytesPerMs ?? 0), recent, worstHour, watchedMs }
  return {
    bytesPerMs: null,
    watchedMs,
    why: `the server has been watched for ${Math.round(recent.overMs / 1000)} s of its present run, and it takes ${Math.round(windows.shortestMs / 1000)} s`,
  }
}

interface Point {
  readonly atMs: number
  readonly bytes: bigint
}

type Stretch = readonly Point[]

/** Oldest first, points within each too; all of the newest look's system. */
function stretchesOf(samples: readonly Sample[]): readonly Stretch[] {
  const stretches: Point[][] = []
  let later: Sample | null = null
  const system = samples.find(({ writtenBytes }) => writtenBytes !== null)?.server?.system ?? null
  for (const sample of samples) {
    const { writtenBytes, server, atMs } = sample
    if (writtenBytes === null || (server?.system ?? null) !== system) continue
    const point = { atMs, bytes: writtenBytes }
    if (later !== null && goOn(sample, later)) stretches.at(-1)?.push(point)
    else stretches.push([point])
    later = sample
  }
  return stretches.map((stretch) => stretch.toReversed()).toReversed()
}

function goOn(earlier: Sample, later: Sample): boolean {
  const grew = (earlier.writtenBytes ?? 0n) <= (later.writtenBytes ?? 0n)
  return grew && earlier.atMs <= later.atMs && runOf(earlier.server) === runOf(later.server)
}

function runOf(server: ServerRun | null): string | null {
  return server?.run ?? null
}

function spanOf(stretch: Stretch): number {
  return (stretch.at(-1)?.atMs ?? 0) - (stretch[0]?.atMs ?? 0)
}

/** Over the last quarter of an hour of the present run, or what there is of it. */
function recentPace(stretch: Stretch, endMs: number): Pace {
  const first = stretch.find(({ atMs }) => atMs >= endMs - RECENT_MS)
  // Looks may be further apart than that.
  const from = first === undefined || first === stretch.at(-1) ? stretch.at(-2) : first
  return paceBetween(from, stretch.at(-1))
}

function paceBetween(from: Point | undefined, to: Point | undefined): Pace {
  if (from === undefined || to === undefined || to.atMs <= from.atMs) return { bytesPerMs: 0, overMs: 0 }
  const overMs = to.atMs - from.atMs
  return { bytesPerMs: Number(to.bytes - from.bytes) / overMs, overMs }
}

/** Of all windows that begin and end at a look and are the shortest of an hour or more, the one with the most written. */
function worst(stretches: readonly Stretch[]): (Pace & { readonly fromMs: number }) | null {
  let found: (Pace & { readonly fromMs: number }) | null = null
  for (const stretch of stretches) {
    let start = 0
    for (const end of stretch) {
      while (end.atMs - (stretch[start + 1]?.atMs ?? end.atMs) >= HOUR_MS) start++
      const from = stretch[start]
      const pace = paceBetween(from, end)
      if (from === undefined || pace.overMs < HOUR_MS) continue
      if (found === null || pace.bytesPerMs > found.bytesPerMs) found = { ...pace, fromMs: from.atMs }
    }
  }
  return found
}
