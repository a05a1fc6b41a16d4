import { setTimeout as after } from 'node:timers/promises'
import type { Clock } from '../../model/clock.ts'

/** The longest delay of one Node timer. A longer one fires at once. */
const LONGEST_TIMER_MS = 2_147_483_647

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: sleepMs,
}

async function sleepMs(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const endMs = performance.now() + ms
  for (let leftMs = ms; leftMs > 0; leftMs = endMs - performance.now()) {
    try {
      await after(Math.min(leftMs, LONGEST_TIMER_MS), undefined, { signal })
    } catch (error) {
      // Node rejects with an error of its own, but the contract is to reject with the signal's reason.
      throw signal.aborted ? signal.reason : error
    }
  }
}
