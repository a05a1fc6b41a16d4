const SHORTEST_MS = 2
const LONGEST_MS = 32
/** At this rate the stream is busy, and longer pauses are tried. */
const BUSY_BYTES_PER_MS = 4096
/** A longer pause that leaves less than this of the rate has filled a buffer somewhere on the way, so that the server had to wait. */
const KEPT_RATE = 0.7
/** A rate over less time than this is noise: the server and we share processors. */
const MEASURE_MS = 40
/** Buffers grow and networks change, so the other direction is tried again after this time. */
const VALID_MS = 400

type Direction = 'longer' | 'shorter'

/**
 * How long to pause between two reads of a stream. On a quiet one two milliseconds. On one that stays busy up to 32 ms: the system then
 * collects what the server writes row by row, which costs the server half the system time. Where the buffers in between hold less than what
 * comes in a longer pause, the server would wait for us (Linux lets a receive buffer stay at 200 kB: 6 MB/s with 32 ms). So one pause is compared
 * with another twice or half as long: the longer one is kept while it keeps the rate.
 */
export class ReadPace {
  #pauseMs = SHORTEST_MS
  #endedAtMs: number
  /** What came with the present pause; its first read has what the pause before left over. */
  #measured: { bytes: number; ms: number } | null = null
  /** In bytes per millisecond, with the pause that was kept last; null: not measured yet. */
  #keptRate: number | null = null
  #trial: Direction | null = null
  #next: Direction = 'longer'
  #nextAtMs = 0

  constructor(nowMs: number) {
    this.#endedAtMs = nowMs
  }

  /** After a pause and a read, with all bytes that came since the last call: how long the next pause is, in milliseconds. */
  next(bytes: number, nowMs: number): number {
    const sinceMs = nowMs - this.#endedAtMs
    this.#endedAtMs = nowMs
    if (bytes < BUSY_BYTES_PER_MS * sinceMs) this.#beQuiet()
    else if (this.#measured === null) this.#measured = { bytes: 0, ms: 0 }
    else {
      this.#measured.bytes += bytes
      this.#measured.ms += sinceMs
      if (this.#measured.ms >= MEASURE_MS) this.#judge(this.#measured.bytes / this.#measured.ms, nowMs)
    }
    return this.#pauseMs
  }

  #beQuiet(): void {
    this.#pauseMs = SHORTEST_MS
    this.#measured = this.#keptRate = this.#trial = null
    this.#next = 'longer'
    this.#nextAtMs = 0
  }

  #judge(rate: number, nowMs: number): void {
    this.#measured = { bytes: 0, ms: 0 }
    const tried = this.#trial
    this.#trial = null
    if (tried === null || this.#keptRate === null) {
      this.#keptRate = rate
      if (nowMs >= this.#nextAtMs) this.#try(this.#next, nowMs)
    } else if (tried === 'longer' ? rate >= KEPT_RATE * this.#keptRate : this.#keptRate < KEPT_RATE * rate) {
      this.#keptRate = rate
      this.#try(tried, nowMs)
    } else {
      this.#pauseMs = tried === 'longer' ? this.#pauseMs / 2 : this.#pauseMs * 2
      this.#keep(tried, nowMs)
    }
  }

  #try(direction: Direction, nowMs: number): void {
    const pauseMs = direction === 'longer' ? this.#pauseMs * 2 : this.#pauseMs / 2
    if (pauseMs < SHORTEST_MS || pauseMs > LONGEST_MS) {
      this.#keep(direction, nowMs)
      return
    }
    this.#trial = direction
    this.#pauseMs = pauseMs
    this.#measured = null
  }

  /** The other direction comes next. */
  #keep(tried: Direction, nowMs: number): void {
    this.#measured = null
    this.#next = tried === 'longer' ? 'shorter' : 'longer'
    this.#nextAtMs = nowMs + VALID_MS
  }
}
