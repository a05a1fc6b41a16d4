/** Time, passed in from `cli` so that tests can control it. */
export interface Clock {
  /** Wall clock, epoch milliseconds. It can jump. Use it for what people read, never for durations. */
  nowMs(): number
  /** Never goes backwards. Use it for durations and timers. */
  monotonicMs(): number
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}
