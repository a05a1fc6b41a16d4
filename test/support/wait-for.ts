import { setTimeout as sleep } from 'node:timers/promises'

interface Patience {
  /** What is waited for, in words: the failure says it. */
  readonly until: string
  readonly timeoutMs?: number
  readonly everyMs?: number
}

/** Looks again and again until `condition` gives something other than false, null or undefined, and returns that; fails after the timeout. */
export async function waitFor<T>(
  { until, timeoutMs = 90_000, everyMs = 10 }: Patience,
  condition: () => T | Promise<T>,
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const value = await condition()
    if (isThere(value)) return value
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain until ${until}`)
    await sleep(everyMs)
  }
}

function isThere<T>(value: T): value is Exclude<T, false | null | undefined> {
  return value !== false && value !== null && value !== undefined
}
