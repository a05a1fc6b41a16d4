const SHORTEST_MS = 2
const LONGEST_MS = 32
/** At this rate the stream is busy, and longer pauses are tried. */
const BUSY_BYTES_PER_MS = 4096
/** If the rate with a longer pause falls below this fraction, a buffer on the way filled up and the server had to wait. */
const KEPT_RATE = 0.7
/** A rate measured over less time is noise, because the server and we share CPUs. */
const MEASURE_MS = 40
/** Buffers grow and networks change, so the other direction is tried again after this time. */
const VALID_MS = 400

type Direction = 'longer' | 'shorter'

/**
 * Decides how long to pause between two reads of a stream. On a quiet stream it is 2 ms. On a busy one it is up to 32 ms: the operating
 * system then collects what the server writes row by row, which halves the server's system time. If the buffers on the way hold less than
 * what arrives in a longer pause, the server would wait for us (Linux can leave a receive buffer at 200 kB: 6 MB/s with 32 ms). So a pause
 * is compared with one twice or half as long, and the longer one is kept as long as it keeps the rate.
 */
export class ReadPace {
  #pauseMs = SHORTEST_MS
  #endedAtMs: number
  /**
   * The bytes received with the current pause. The first read is not counted, because it includes what was left from the previous pause.
   */
  #measured: { bytes: number; ms: number } | null = null
  /** In bytes per millisecond, with the pause that was last kept; null: not measured yet. */
  #keptRate: number | null = null
  #trial: Direction | null = null
  #next: Direction = 'longer'
  #nextAtMs = 0

  constructor(nowMs: number) {
    this.#endedAtMs = nowMs
  }

  /** Call it after a pause and a read, with all bytes received since the last call. Returns the next pause in milliseconds. */
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

  /** Keeps the current pause; the other direction is tried next. */
  #keep(tried: Direction, nowMs: number): void {
    this.#measured = null
    this.#next = tried === 'longer' ? 'shorter' : 'longer'
    this.#nextAtMs = nowMs + VALID_MS
  }
}
