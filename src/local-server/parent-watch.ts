import { readFileSync } from 'node:fs'
import type { Clock } from '../model/clock.ts'

export interface ParentWatchOptions {
  readonly clock: Clock
  /** The parent of a process, read again at each check. */
  readonly parentOf: (pid: number) => number | null
  readonly pid: number
  /** Whether `npm run` started this process. Its shell would outlive npm, so the shell's parent is watched too. */
  readonly byNpm: boolean
}

const CHECK_EVERY_MS = 300

/** Resolves when the process that started this one has ended (an orphan gets a new parent), or when the signal aborts. */
export async function parentGone(options: ParentWatchOptions, signal: AbortSignal): Promise<'gone' | 'stopped'> {
  const before = ancestors(options)
  while (!signal.aborted) {
    // Rejects only at the end of the demo.
    await options.clock.sleep(CHECK_EVERY_MS, signal).catch(() => undefined)
    if (!signal.aborted && ancestors(options).join() !== before.join()) return 'gone'
  }
  return 'stopped'
}

function ancestors({ parentOf, pid, byNpm }: ParentWatchOptions): (number | null)[] {
  const parent = parentOf(pid)
  return byNpm && parent !== null ? [parent, parentOf(parent)] : [parent]
}

/** Read from /proc. Without it, only the parent of this process is known. */
export function parentOfProcess(pid: number): number | null {
  if (pid === process.pid) return process.ppid
  try {
    // `pid (name) state ppid ...`, where the name can contain any character.
    const [, parent] = /\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    return parent === undefined ? null : Number(parent)
  } catch {
    return null
  }
}
