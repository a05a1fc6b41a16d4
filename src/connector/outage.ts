import type { Clock } from '../model/clock.ts'
import type { OffbeatError } from '../model/error.ts'
import { timeInWords } from '../model/figures.ts'
import type { Logger } from '../model/logger.ts'

/**
 * The time without a stream, from its first failure until it works again, which is logged with how long it was and how many attempts it
 * took. A stream that gives something and fails again does not work yet: then only a stored offset ends the outage.
 */
export class Outage {
  readonly #log: Logger
  readonly #clock: Clock
  #present: { readonly sinceMs: number; code: string; attempts: number; isFlaky: boolean } | null = null
  #gave = false

  constructor(log: Logger, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }

  /** An attempt to stream has failed. */
  failed({ code }: OffbeatError): void {
    const before = this.#present
    if (before === null) {
      this.#present = { sinceMs: this.#clock.monotonicMs(), code, attempts: 1, isFlaky: false }
    } else {
      before.code = code
      before.attempts++
      before.isFlaky ||= this.#gave
    }
    this.#gave = false
  }

  /** The stream gave something. */
  gave(): void {
    this.#gave = true
    if (this.#present?.isFlaky === false) this.#over()
  }

  /** What the stream gave is stored. */
  stored(): void {
    this.#over()
  }

  #over(): void {
    if (this.#present === null) return
    const { sinceMs, code, attempts } = this.#present
    this.#present = null
    const awayMs = Math.round(this.#clock.monotonicMs() - sinceMs)
    const tries = `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`
    this.#log.info({ code, awayMs, attempts }, `streaming again after ${timeInWords(awayMs)} and ${tries} (${code})`)
  }
}
