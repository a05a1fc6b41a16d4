import type { Clock } from '../../src/model/clock.ts'

interface Timer {
  readonly atMs: number
  readonly order: number
  readonly fire: () => void
}

/** A clock whose time passes only when a test moves it. */
export class VirtualClock implements Clock {
  readonly #timers = new Set<Timer>()
  #monotonicMs = 0
  #wallMs: number
  #order = 0

  constructor(wallMs = Date.UTC(2026, 0, 1)) {
    this.#wallMs = wallMs
  }

  nowMs(): number {
    return this.#wallMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason)
        return
      }
      const abort = () => {
        this.#timers.delete(timer)
        reject(signal.reason)
      }
      const fire = () => {
        signal.removeEventListener('abort', abort)
        resolve()
      }
      const timer = { atMs: this.#monotonicMs + Math.max(ms, 0), order: this.#order++, fire }
      signal.addEventListener('abort', abort, { once: true })
      this.#timers.add(timer)
    })
  }

  /** The number of sleepers. */
  get sleepers(): number {
    return this.#timers.size
  }

  /** The time until the next sleeper wakes. null: there is no sleeper. */
  nextMs(): number | null {
    const next = this.#next()
    return next === null ? null : next.atMs - this.#monotonicMs
  }

  /** Lets time pass. Only sleepers that are due wake. */
  advance(ms: number): void {
    const untilMs = this.#monotonicMs + ms
    for (let next = this.#next(); next !== null && next.atMs <= untilMs; next = this.#next()) this.#wake(next)
    this.#passTo(untilMs)
  }

  /** Lets time pass until the next sleeper, and wakes only that one. false: there is no sleeper. */
  wakeNext(): boolean {
    const next = this.#next()
    if (next !== null) this.#wake(next)
    return next !== null
  }

  /** The wall clock jumps forwards or backwards. Durations are not affected. */
  jump(ms: number): void {
    this.#wallMs += ms
  }

  #wake(timer: Timer): void {
    this.#timers.delete(timer)
    this.#passTo(timer.atMs)
    timer.fire()
  }

  #passTo(atMs: number): void {
    this.#wallMs += atMs - this.#monotonicMs
    this.#monotonicMs = atMs
  }

  #next(): Timer | null {
    let next: Timer | null = null
    for (const timer of this.#timers) {
      if (next === null || timer.atMs < next.atMs || (timer.atMs === next.atMs && timer.order < next.order))
        next = timer
    }
    return next
  }
}
