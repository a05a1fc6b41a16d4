import { readFileSync } from 'node:fs'
import type { Clock } from '../model/clock.ts'

export interface ParentWatchOptions {
  readonly clock: Clock
  /** Ours, read again at each check. */
  readonly parentOf: (pid: number) => number | null
  readonly pid: number
  /** We were started by `npm run`, whose shell would outlive it: the shell's parent is watched too. */
  readonly byNpm: boolean
}

const LOOK_EVERY_MS = 300

/** Resolves when the process that started us has ended (an orphan gets another parent), or when the signal aborts. */
export async function parentGone(options: ParentWatchOptions, signal: AbortSignal): Promise<'gone' | 'stopped'> {
  const before = ancestors(options)
  while (!signal.aborted) {
    // The only rejection is the end of the demo.
    await options.clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined)
    if (!signal.aborted && ancestors(options).join() !== before.join()) return 'gone'
  }
  return 'stopped'
}

function ancestors({ parentOf, pid, byNpm }: ParentWatchOptions): (number | null)[] {
  const parent = parentOf(pid)
  return byNpm && parent !== null ? [parent, parentOf(parent)] : [parent]
}

/** By /proc; elsewhere only our own parent is known. */
export function parentOfProcess(pid: number): number | null {
  if (pid === process.pid) return process.ppid
  try {
    // `pid (name) state ppid ...`, where the name may hold anything.
    const [, parent] = /\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    return parent === undefined ? null : Number(parent)
  } catch {
    return null
  }
}
