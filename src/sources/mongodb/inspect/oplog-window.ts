import { bytesInWords, timeInWords } from '../../../model/figures.ts'
import type { Limit } from '../../../model/log-state.ts'
import type { Oplog } from './oplog.ts'

/** One earlier look at the oldest entry, by our monotonic clock. */
interface Sight {
  readonly firstMs: number
  readonly atMs: number
}

const SHORTEST_MS = 60_000
const LONGEST_MS = 15 * 60_000

/**
 * How fast the server removes the oldest entries. While it writes as it did when those were written, the oldest entry moves by a second in
 * a second; while it writes ten times as much, by ten.
 */
export class OplogWindow {
  #sights: readonly Sight[] = []

  /** Milliseconds of log that are removed in a millisecond; null: not observed for long enough, or nothing is removed. */
  speed(oplog: Oplog, nowMs: number): number | null {
    const sight = { firstMs: oplog.first.wallMs, atMs: nowMs }
    const kept = this.#sights.filter(({ atMs, firstMs }) => nowMs - atMs <= LONGEST_MS && firstMs <= sight.firstMs)
    this.#sights = [...kept, sight]
    const [oldest] = kept
    if (oldest === undefined || nowMs - oldest.atMs < SHORTEST_MS) return null
    const speed = (sight.firstMs - oldest.firstMs) / (nowMs - oldest.atMs)
    return speed > 0 ? speed : null
  }
}

interface Use {
  readonly oplog: Oplog
  /** null: no offset is stored. */
  readonly offsetMs: number | null
  readonly minimumMs: number | null
  /** See `OplogWindow`. */
  readonly speed: number | null
}

/**
 * The oplog keeps entries until it has its size and, where a minimum is set, until they are that old. The first is a time only at the
 * present rate of writes.
 */
export function oplogLimits(use: Use): readonly Limit[] {
  const { oplog, offsetMs, minimumMs } = use
  const used = offsetMs === null ? 0 : Math.max(0, oplog.last.wallMs - offsetMs)
  const left = leftMs(use, offsetMs ?? oplog.last.wallMs)
  const keeps = left === null ? null : used + left
  const promised = minimumMs ?? 0
  const isPromised = promised > 0 && promised >= (keeps ?? 0)
  return [
    {
      name: isPromised ? 'storage.oplogMinRetentionHours' : 'oplogSizeMB',
      unit: 'ms',
      keeps: isPromised ? promised : keeps,
      used,
      certain: isPromised,
      ends: 'offset lost',
      because: [
        ...windowWords(oplog),
        ...(keeps === null && !isPromised ? [unknownWords(oplog)] : []),
        ...speedWords(use),
        ...promiseWords(minimumMs),
      ],
    },
  ]
}

/** There is an oplog, and nothing of it can be seen. */
export function unknownOplog(why: string): Limit {
  return { name: 'oplogSizeMB', unit: 'ms', keeps: null, used: 0, certain: false, ends: 'offset lost', because: [why] }
}

/** The time until the oldest entry is after the offset. null: how full the oplog is, is not known, or it is too new to tell. */
function leftMs({ oplog, speed }: Use, offsetMs: number): number | null {
  const { first, last, fill } = oplog
  const windowMs = last.wallMs - first.wallMs
  const isFull = fill !== null && fill >= FULL
  if (fill === null || (!isFull && windowMs < SHORTEST_WINDOW_MS)) return null
  const before = Math.max(0, offsetMs - first.wallMs)
  // Until it is full, what is written fills the rest first.
  const free = isFull ? 0 : windowMs * (1 / fill - 1)
  return (before + free) / Math.max(1, speed ?? 1)
}

/** What an oplog that is not full yet shows in less time says nothing about the writes of a day. */
const SHORTEST_WINDOW_MS = 3_600_000

/** The server removes entries in large pieces, so a full oplog is a little smaller or larger than its limit. */
const FULL = 0.95

function windowWords({ first, last, size }: Oplog): readonly string[] {
  const bytes = size === null ? '' : `, ${bytesInWords(size.bytes)} of at most ${bytesInWords(size.most)}`
  return [`the oplog has the last ${timeInWords(last.wallMs - first.wallMs)}${bytes}`]
}

/** What makes the time known that the oplog will reach back. */
function unknownWords({ fill }: Oplog): string {
  return fill === null
    ? 'how full the oplog is cannot be seen, so how far back it will reach is known only by a minimum retention (storage.oplogMinRetentionHours)'
    : 'how far back it will reach is known when it is full or has an hour of writes, or by a minimum retention (storage.oplogMinRetentionHours)'
}

function speedWords({ speed }: Use): readonly string[] {
  if (speed === null || speed < 1.5) return []
  return [`entries are removed ${speed.toFixed(1)} times as fast as they were written`]
}

function promiseWords(minimumMs: number | null): readonly string[] {
  if (minimumMs === null) return ['whether a minimum retention is set is not known']
  return minimumMs === 0
    ? ['storage.oplogMinRetentionHours is not set: with more writes the oplog reaches back less far']
    : [`entries are kept for ${timeInWords(minimumMs)} at least (storage.oplogMinRetentionHours)`]
}
