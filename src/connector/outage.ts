import type { Clock } from '../model/clock.ts'
import type { OffbeatError } from '../model/error.ts'
import { timeInWords } from '../model/figures.ts'
import type { Logger } from '../model/logger.ts'
import type { RetryStatus } from '../model/source-status.ts'
import { retryStatus } from '../watch/retry-status.ts'

/** A stream that was open this long counts as working, even if nothing of it was stored. */
const LONG_LIFE_MS = 60_000

/**
 * The time without a stream, from the first failure until it works again. The end is logged with the duration and the number of attempts. A
 * stream that delivers events but fails soon, before anything is stored, does not work: then only a stored offset ends the outage.
 */
export class Outage {
  readonly #log: Logger
  readonly #clock: Clock
  #present: {
    readonly sinceMs: number
    readonly sinceAtMs: number
    readonly error: OffbeatError
    readonly attempts: number
    readonly isFlaky: boolean
  } | null = null
  /** When the current stream first delivered events, while nothing of it is stored. */
  #unstoredSinceMs: number | null = null

  constructor(log: Logger, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }

  failed(error: OffbeatError): void {
    const nowMs = this.#clock.monotonicMs()
    const isFlaky = this.#unstoredSinceMs !== null && nowMs - this.#unstoredSinceMs < LONG_LIFE_MS
    const before = this.#present ?? { sinceMs: nowMs, sinceAtMs: this.#clock.nowMs(), attempts: 0, isFlaky: false }
    this.#present = { ...before, error, attempts: before.attempts + 1, isFlaky: before.isFlaky || isFlaky }
    this.#unstoredSinceMs = null
  }

  /** The error that is being retried; null: the stream works. */
  get retrying(): RetryStatus | null {
    if (this.#present === null) return null
    const { error, sinceAtMs, attempts } = this.#present
    return retryStatus('stream', error, { sinceAtMs, attempts })
  }

  /** The stream delivered its first events. */
  gave(): void {
    this.#unstoredSinceMs = this.#clock.monotonicMs()
    if (this.#present?.isFlaky === false) this.#over()
  }

  /** Something that the stream delivered is stored. */
  stored(): void {
    this.#unstoredSinceMs = null
    this.#over()
  }

  #over(): void {
    if (this.#present === null) return
    const { sinceMs, error, attempts } = this.#present
    const { code } = error
    this.#present = null
    const awayMs = Math.round(this.#clock.monotonicMs() - sinceMs)
    const tries = `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`
    this.#log.info({ code, awayMs, attempts }, `streaming again after ${timeInWords(awayMs)} and ${tries} (${code})`)
  }
}
