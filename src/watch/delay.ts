import type { Clock } from '../model/clock.ts'

/** Runs one action after a delay. Starting it again before then has no effect. */
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
    // It rejects only after `cancel`.
    this.#clock.sleep(ms, waiting.signal).then(act, () => undefined)
  }

  cancel(): void {
    this.#waiting?.abort()
    this.#waiting = null
  }
}
