import type { StreamEvidence } from '../health/verdict.ts'
import type { Clock } from '../model/clock.ts'
import type { OffbeatError } from '../model/error.ts'

/** Whether the connector has a stream, since when, and what prevents it. */
export class StreamState {
  readonly #clock: Clock
  #state: 'starting' | 'open' | 'broken' = 'starting'
  #sinceMs: number
  #cause: string | null = null
  #end: string | null = null

  constructor(clock: Clock) {
    this.#clock = clock
    this.#sinceMs = clock.monotonicMs()
  }

  get evidence(): StreamEvidence {
    if (this.#end !== null) return { state: 'stopped', why: this.#end }
    if (this.#state === 'open') return { state: 'open' }
    return { state: this.#state, ageMs: this.#clock.monotonicMs() - this.#sinceMs, cause: this.#cause }
  }

  /** Call it when the stream yielded something. Returns whether this changes the state. */
  opened(): boolean {
    if (this.#state === 'open') return false
    this.#state = 'open'
    this.#cause = null
    return true
  }

  /** There is no stream. It will be retried. */
  failed(error: OffbeatError): void {
    if (this.#state === 'open') {
      this.#state = 'broken'
      this.#sinceMs = this.#clock.monotonicMs()
    }
    this.#cause = `${error.code}: ${error.message}`
  }

  /** The connector ended. `why` is a clause. */
  ended(why: string): void {
    this.#end = why
  }
}
