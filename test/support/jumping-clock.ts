import { systemClock } from '../../src/cli/program/system-clock.ts'
import type { Clock } from '../../src/model/clock.ts'

/** The system's clock, with a wall clock that somebody puts elsewhere; durations do not notice. */
export class JumpingClock implements Clock {
  readonly monotonicMs = systemClock.monotonicMs
  readonly sleep = systemClock.sleep
  #offMs = 0

  nowMs(): number {
    return systemClock.nowMs() + this.#offMs
  }

  jump(ms: number): void {
    this.#offMs += ms
  }
}
