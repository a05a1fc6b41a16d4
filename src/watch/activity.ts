import type { Clock } from '../model/clock.ts'
import type { SourceStatus } from '../model/source-status.ts'

/** An offset that became durable, with what was delivered for it. */
export interface StoredProgress {
  /** Its position differs from the one that was stored before. */
  readonly moved: boolean
  readonly changes: number
  readonly transactions: number
  /** The layer 1 heartbeats. */
  readonly heartbeats: number
}

/** Records when the stream last yielded something, and how much of it became durable. */
export class Activity {
  readonly #clock: Clock
  #heardMs: number | null = null
  #movedMs: number | null = null
  #changedMs: number | null = null
  #lastChangeAtMs: number | null = null
  #beatAtMs: number | null = null
  readonly #counts = { changes: 0, transactions: 0, heartbeats: 0 }

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Call it when the stream yielded something. */
  heard(): void {
    this.#heardMs = this.#clock.monotonicMs()
  }

  stored({ moved, changes, transactions, heartbeats }: StoredProgress): void {
    const nowMs = this.#clock.monotonicMs()
    if (moved) this.#movedMs = nowMs
    this.#counts.changes += changes
    this.#counts.transactions += transactions
    this.#counts.heartbeats += heartbeats
    if (heartbeats > 0) this.#beatAtMs = this.#clock.nowMs()
    if (changes === 0) return
    this.#changedMs = nowMs
    this.#lastChangeAtMs = this.#clock.nowMs()
  }

  /** Call it with the time at which an earlier process stored a change. A change of this process takes precedence. */
  remember(changeAtMs: number): void {
    if (this.#lastChangeAtMs !== null) return
    this.#lastChangeAtMs = changeAtMs
    this.#changedMs = this.#clock.monotonicMs() - Math.max(0, this.#clock.nowMs() - changeAtMs)
  }

  /** By the monotonic clock; null: it has not happened. */
  get ages(): Record<'byteAgeMs' | 'offsetAgeMs' | 'changeAgeMs', number | null> {
    const nowMs = this.#clock.monotonicMs()
    const ageMs = (atMs: number | null) => (atMs === null ? null : nowMs - atMs)
    return {
      byteAgeMs: ageMs(this.#heardMs),
      offsetAgeMs: ageMs(this.#movedMs),
      changeAgeMs: ageMs(this.#changedMs),
    }
  }

  get lastChangeAtMs(): number | null {
    return this.#lastChangeAtMs
  }

  /** When the last layer 1 heartbeat was stored. */
  get beatAtMs(): number | null {
    return this.#beatAtMs
  }

  /** Counts of this process. */
  get counts(): SourceStatus['counts'] {
    return { ...this.#counts }
  }
}
