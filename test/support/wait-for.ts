import { setTimeout as sleep } from 'node:timers/promises'
import { testimony } from './wait-witness.ts'

interface Patience {
  /** What is waited for, in words: the failure says it. */
  readonly until: string
  /** Absent: ever more rarely, so that a long wait takes little from what it waits for. */
  readonly everyMs?: number
  readonly withinMs?: number
}

/** Long enough for a machine that is busy with other things, and shorter than a test may last. */
const TIMEOUT_MS = 180_000
const SHORTEST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 200

/** Checks again and again until `condition` gives something other than false, null or undefined, and returns that; fails after the timeout, with what the witnesses say. */
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
      throw new Error(`waited ${withinMs} ms in vain until ${until}\n${await testimony()}`)
    }
    await sleep(everyMs ?? pauseMs(performance.now() - fromMs))
  }
}

/** A tenth of the wait so far is the most that what is waited for can be noticed late. */
function pauseMs(waitedMs: number): number {
  return Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, waitedMs / 10))
}

/**
 * Lets time pass: where the passing of time is what a test is about (a timeout of the server, a random moment of a kill). To wait until something
 * has happened is `waitFor`.
 */
export async function letPass(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal })
}

function isThere<T>(value: T): value is Exclude<T, false | null | undefined> {
  return value !== false && value !== null && value !== undefined
}
