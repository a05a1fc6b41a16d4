const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 30_000

/** Exponential backoff with jitter between half and all of the delay. `random` returns a number in [0, 1). */
export class Backoff {
  readonly #random: () => number
  #attempt = 0
  /** The number of attempts before the last success. */
  #before = 0

  constructor(random: () => number) {
    this.#random = random
  }

  get attempt(): number {
    return this.#attempt
  }

  /** The delay before the next attempt, in milliseconds. */
  next(): number {
    const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#attempt)
    this.#attempt++
    return Math.round(delay * (0.5 + this.#random() / 2))
  }

  /** An attempt succeeded, so the next failure starts with the shortest delay. */
  reset(): void {
    this.#before = Math.max(this.#before, this.#attempt)
    this.#attempt = 0
  }

  /** The success did not last, and the next one would not either: the delays continue to grow. */
  resume(): void {
    this.#attempt = Math.max(this.#before, this.#attempt)
  }

  /** An attempt succeeded for long enough. */
  forget(): void {
    this.#before = 0
    this.#attempt = 0
  }
}
