import type { Sample } from '../journal/journal.ts'

export type WriteRate =
  | { readonly bytesPerMs: number; readonly overMs: number }
  | { readonly bytesPerMs: null; readonly overMs: 0; readonly why: string }

/** Older looks say little of now. */
const WINDOW_MS = 3_600_000
/** Looks that are closer together say nothing of a rate. */
const SHORTEST_WINDOW_MS = 500

/**
 * How fast the server writes its log, over the last hour of looks, newest first. Looks from before the wall clock jumped or the
 * server was replaced (time or bytes running backwards) are left out.
 */
export function writeRate(samples: readonly Sample[]): WriteRate {
  const [newest, ...older] = samples.flatMap(withBytes)
  if (newest === undefined) return { bytesPerMs: null, overMs: 0, why: 'no look has told how much was written' }
  let oldest = newest
  for (const sample of older) {
    if (sample.atMs > oldest.atMs || sample.writtenBytes > oldest.writtenBytes) break
    if (newest.atMs - sample.atMs > WINDOW_MS) break
    oldest = sample
  }
  const overMs = newest.atMs - oldest.atMs
  if (overMs < SHORTEST_WINDOW_MS) return { bytesPerMs: null, overMs: 0, why: 'it takes two looks, some time apart' }
  return { bytesPerMs: Number(newest.writtenBytes - oldest.writtenBytes) / overMs, overMs }
}

interface SampleWithBytes {
  readonly atMs: number
  readonly writtenBytes: bigint
}

function withBytes({ atMs, writtenBytes }: Sample): readonly SampleWithBytes[] {
  return writtenBytes === null ? [] : [{ atMs, writtenBytes }]
}
