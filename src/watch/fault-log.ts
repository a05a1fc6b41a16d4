import type { Clock } from '../model/clock.ts'
import { timeInWords } from '../model/figures.ts'
import type { Fix } from '../model/fix.ts'
import type { Logger } from '../model/logger.ts'

/** A fault that lasts is logged again after this time. */
export const REPEAT_MS = 10 * 60_000

export interface Fault {
  readonly code: string
  /** Faults with the same code and the same cause are one fault. Absent: the code alone decides. */
  readonly cause?: string
  readonly found: string | null
  readonly fix: readonly Fix[]
  readonly message: string
}

/**
 * Logs one kind of fault without flooding the log. It writes a line when the fault begins, when its code or cause changes, and every ten
 * minutes while it lasts, at a higher level and with the number of lines left out since the last one. It writes another line when the fault
 * is over.
 */
export class FaultLog {
  readonly #log: Logger
  readonly #clock: Clock
  #present: {
    readonly code: string
    readonly cause: string
    readonly sinceMs: number
    saidMs: number
    leftOut: number
  } | null = null

  constructor(log: Logger, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }

  /** The fault exists: it has just begun, or still lasts. */
  is({ code, cause = '', found, fix, message }: Fault): void {
    const nowMs = this.#clock.monotonicMs()
    const before = this.#present
    if (before !== null && before.code === code && before.cause === cause && nowMs - before.saidMs < REPEAT_MS) {
      before.leftOut++
      return
    }
    const leftOut = before?.leftOut ?? 0
    // A fault that lasts longer than the repeat interval is not transient.
    const lasts = before !== null && nowMs - before.sinceMs >= REPEAT_MS
    this.#present = { code, cause, sinceMs: before?.sinceMs ?? nowMs, saidMs: nowMs, leftOut: 0 }
    this.#log[lasts ? 'error' : 'warn'](
      { code, found, fix, ...(leftOut === 0 ? {} : { linesLeftOut: leftOut }) },
      message,
    )
  }

  /** The fault is over, if there was one. `what`: a clause such as "layer 2 heartbeats are written again". */
  isOver(what: string): void {
    if (this.#present === null) return
    const { code, sinceMs } = this.#present
    this.#present = null
    const lastedMs = Math.round(this.#clock.monotonicMs() - sinceMs)
    this.#log.info({ code, lastedMs }, `${what}; the fault ${code} lasted ${timeInWords(lastedMs)}`)
  }
}
