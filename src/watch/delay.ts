import type { Clock } from '../model/clock.ts'

/** One action to come after a while; asked for again before then, it comes once. */
export class Delay {
  readonly #clock: Clock
  #waiting: AbortController | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  start(ms: number, action: () => void): void {
    if (this.#waiting !== null) return
    const waiting = new AbortController()
    this.#waiting = waiting
    const act = () => {
      this.#waiting = null
      action()
    }
    // The only rejection is that of `cancel`.
    this.#clock.sleep(ms, waiting.signal).then(act, () => undefined)
  }

  cancel(): void {
    this.#waiting?.abort()
    this.#waiting = null
  }
}
