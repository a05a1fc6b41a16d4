import { bytesInWords, timeInWords } from '../../../model/figures.ts'
import type { Limit } from '../../../model/log-state.ts'
import type { Oplog } from './oplog.ts'

/** One earlier look, by our monotonic clock. */
interface Sight {
  /** The oldest entry's time, or the oplog's bytes. */
  readonly value: number
  readonly atMs: number
}

const SHORTEST_MS = 60_000
const LONGEST_MS = 15 * 60_000

/**
 * How fast the server writes now, compared with when it wrote what it has. Where the oplog is full, the oldest entry moves by a second in a
 * second while both are the same, and by ten while it writes ten times as much. Where it is not, the bytes grow so much faster.
 *
 * The server removes entries in pieces of up to a tenth of the oplog. Between two removals nothing moves, and at one the oldest entry jumps by
 * hours. So the time of each removal counts, and what the first one removed does not.
 */
export class OplogWindow {
  #member: string | null = null
  #first: number | null = null
  #removals: readonly Sight[] = []
  #sizes: readonly Sight[] = []

  /** How many times as fast; null: not observed for long enough. `member`: whose oplog it is. Each has its own. */
  speed(oplog: Oplog, { member, nowMs }: { readonly member: string; readonly nowMs: number }): number | null {
    if (member !== this.#member) this.#forget(member)
    const removal = this.#removal(oplog, nowMs)
    const growth = this.#growth(oplog, nowMs)
    return isFull(oplog) ? removal : growth
  }

  #forget(member: string): void {
    this.#member = member
    this.#first = null
    this.#removals = []
    this.#sizes = []
  }

  #removal({ first }: Oplog, atMs: number): number | null {
    const [before, value] = [this.#first ?? first.wallMs, first.wallMs]
    this.#first = value
    // It has a new oplog, which begins earlier.
    if (value < before) this.#removals = []
    if (value > before) this.#removals = [...this.#removals, { value, atMs }]
    const recent = this.#removals.filter((each) => atMs - each.atMs <= LONGEST_MS)
    this.#removals = recent.length > 1 ? recent : this.#removals.slice(-2)
    const [from, last] = [this.#removals[0], this.#removals.at(-1)]
    if (from === undefined || last === undefined) return null
    return rate(last.value - from.value, Math.max(last.atMs - from.atMs, atMs - last.atMs))
  }

  #growth({ first, last, size }: Oplog, atMs: number): number | null {
    const value = size?.bytes ?? 0
    const windowMs = last.wallMs - first.wallMs
    const kept = this.#sizes.filter((each) => atMs - each.atMs <= LONGEST_MS && each.value <= value)
    this.#sizes = [...kept, { value, atMs }]
    const [from] = kept
    if (from === undefined || value === 0 || windowMs <= 0) return null
    const bytesInMs = rate(value - from.value, atMs - from.atMs)
    return bytesInMs === null ? null : (bytesInMs * windowMs) / value
  }
}

function rate(amount: number, tookMs: number): number | null {
  return tookMs < SHORTEST_MS || amount <= 0 ? null : amount / tookMs
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
  if (fill === null || (!isFull(oplog) && windowMs < SHORTEST_WINDOW_MS)) return null
  const before = Math.max(0, offsetMs - first.wallMs)
  // Until it is full, what is written fills the rest first.
  const free = isFull(oplog) ? 0 : windowMs * (1 / fill - 1)
  return (before + free) / Math.max(1, speed ?? 1)
}

/** What an oplog that is not full yet shows in less time says nothing about the writes of a day. */
const SHORTEST_WINDOW_MS = 3_600_000

/** The server removes entries in large pieces, so a full oplog is a little smaller or larger than its limit. */
const FULL = 0.95

function isFull({ fill }: Oplog): boolean {
  return fill !== null && fill >= FULL
}

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

function speedWords({ oplog, speed }: Use): readonly string[] {
  if (speed === null || speed < 1.5) return []
  const times = `${speed.toFixed(1)} times as fast`
  return [
    isFull(oplog)
      ? `entries are removed ${times} as they were written`
      : `entries are written ${times} as those that are there`,
  ]
}

function promiseWords(minimumMs: number | null): readonly string[] {
  if (minimumMs === null) return ['whether a minimum retention is set is not known']
  return minimumMs === 0
    ? ['storage.oplogMinRetentionHours is not set: with more writes the oplog reaches back less far']
    : [`entries are kept for ${timeInWords(minimumMs)} at least (storage.oplogMinRetentionHours)`]
}
