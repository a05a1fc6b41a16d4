/** Time as handed in from `cli`, so that tests can bend it. */
export interface Clock {
  /** Wall clock, epoch milliseconds; may jump. For what people read, never for durations. */
  nowMs(): number
  /** Never goes backwards; for durations and timers. */
  monotonicMs(): number
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}
