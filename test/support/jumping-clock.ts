import { systemClock } from '../../src/cli/program/system-clock.ts'
import type { Clock } from '../../src/model/clock.ts'

/** The system clock, with a wall clock that the test can set. Durations are not affected. */
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
