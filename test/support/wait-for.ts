import { setTimeout as sleep } from 'node:timers/promises'
import { diagnosticsText } from './wait-diagnostic.ts'

interface Patience {
  /** The awaited condition in words, for the failure message. */
  readonly until: string
  /** The interval between checks. Absent: it grows with the wait, so that a long wait takes little time from the system under test. */
  readonly everyMs?: number
  readonly withinMs?: number
}

/** Long enough for a busy system, and shorter than a test's timeout. */
const TIMEOUT_MS = 180_000
const SHORTEST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 200

/**
 * Repeats `condition` until it returns something other than false, null or undefined, and returns that. Fails after the timeout, with the
 * diagnostics' descriptions.
 */
export async function waitFor<T>(
  { until, everyMs, withinMs = TIMEOUT_MS }: Patience,
  condition: () => T | Promise<T>,
): Promise<Exclude<T, false | null | undefined>> {
  const fromMs = performance.now()
  const deadline = fromMs + withinMs
  for (;;) {
    const value = await condition()
    if (isThere(value)) return value
    if (performance.now() > deadline) {
      throw new Error(`waited ${withinMs} ms in vain until ${until}\n${await diagnosticsText()}`)
    }
    await sleep(everyMs ?? pauseMs(performance.now() - fromMs))
  }
}

/** The pause is at most a tenth of the wait so far, and so is the delay in noticing the condition. */
function pauseMs(waitedMs: number): number {
  return Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, waitedMs / 10))
}

/**
 * Waits for a fixed time. Use it only if a test is about the passing of time (a server's timeout, a kill at a random moment). To wait until
 * something has happened, use `waitFor`.
 */
export async function letPass(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal })
}

function isThere<T>(value: T): value is Exclude<T, false | null | undefined> {
  return value !== false && value !== null && value !== undefined
}
