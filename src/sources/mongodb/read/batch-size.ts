const FIRST = 1
const GROWTH = 4
const LARGEST = 16_384
/** mongod ends a batch at 16 MB. A server that does not may send more than the driver takes. */
const LARGE_BYTES = (16 * 1024 ** 2) / GROWTH
const QUICK_MS = 1000
const SLOW_MS = 10_000

/**
 * How many events are asked for at once. A server that searches through many foreign writes answers only when it has that many, or has
 * reached the end of its log. So a stream begins with a single one, and asks for more while the answers are full and quick.
 */
export class BatchSize {
  #size = FIRST

  get value(): number {
    return this.#size
  }

  /** `bytes`: of all events. */
  answered({
    events,
    bytes,
    tookMs,
  }: {
    readonly events: number
    readonly bytes: number
    readonly tookMs: number
  }): void {
    if (events > 0 && tookMs > SLOW_MS) this.#halve()
    else if (events >= this.#size && tookMs <= QUICK_MS && bytes <= LARGE_BYTES)
      this.#size = Math.min(LARGEST, this.#size * GROWTH)
  }

  /** After an answer that did not come in time. false: it cannot become smaller. */
  timedOut(): boolean {
    const before = this.#size
    this.#halve()
    return this.#size < before
  }

  #halve(): void {
    this.#size = Math.max(FIRST, Math.floor(this.#size / 2))
  }
}
