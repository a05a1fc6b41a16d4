const SHORTEST_MS = 2
const LONGEST_MS = 32
/** At this rate the stream is busy, and longer pauses are tried. */
const BUSY_BYTES_PER_MS = 4096
/** A longer pause that leaves less than this of the rate has met a full buffer somewhere on the way: the server stood still. */
const KEPT_RATE = 0.75
/** Buffers grow and networks change: what was found out is found out anew. */
const VALID_MS = 1000

/**
 * How long to pause between two reads of a stream. On a quiet one two milliseconds. On one that stays busy each pause is twice as long
 * as the one before, up to 32 ms, for as long as that many more bytes come of it: the system then collects what the server writes row by
 * row, which costs the server half the system time. Where the buffers between hold less than comes in a longer pause, the server would
 * wait for us (Linux lets a receive buffer stay at 200 kB: 6 MB/s with 32 ms), so the rate falls and the pause is taken back.
 */
export class ReadPace {
  #pauseMs = SHORTEST_MS
  #endedAtMs: number
  /** In bytes per millisecond, with the pause before this one; null: none was tried yet. */
  #rateBefore: number | null = null
  /** Since when the pause is the longest that pays; null: still looking for it. */
  #foundAtMs: number | null = null

  constructor(nowMs: number) {
    this.#endedAtMs = nowMs
  }

  /** After a pause and a read, with all bytes that came since the last call: how long the next pause is, in milliseconds. */
  next(bytes: number, nowMs: number): number {
    const sinceMs = nowMs - this.#endedAtMs
    this.#endedAtMs = nowMs
    if (bytes < BUSY_BYTES_PER_MS * sinceMs) return this.#begin()
    const rate = bytes / sinceMs
    if (this.#foundAtMs === null) this.#step(rate, nowMs)
    else if (nowMs - this.#foundAtMs >= VALID_MS) this.#begin()
    this.#rateBefore = rate
    return this.#pauseMs
  }

  #begin(): number {
    this.#rateBefore = null
    this.#foundAtMs = null
    this.#pauseMs = SHORTEST_MS
    return SHORTEST_MS
  }

  #step(rate: number, nowMs: number): void {
    if (this.#rateBefore !== null && rate < KEPT_RATE * this.#rateBefore) {
      this.#pauseMs = Math.max(this.#pauseMs / 2, SHORTEST_MS)
      this.#foundAtMs = nowMs
    } else if (this.#pauseMs >= LONGEST_MS) {
      this.#foundAtMs = nowMs
    } else {
      this.#pauseMs *= 2
    }
  }
}
