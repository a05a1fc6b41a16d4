import type { Sample } from '../journal/journal.ts'
import { bytesInWords, timeInWords } from '../model/figures.ts'
import type { Blocker, LogState } from '../model/log-state.ts'
import type { BlockerStatus } from '../model/source-status.ts'

/** The status of something that retains the log. */
export function blockerStatus(blocker: Blocker, state: LogState, samples: readonly Sample[]): BlockerStatus {
  const { kind, name, sinceMs, holds, details, fix } = blocker
  const exact = blocker.heldBytes
  const held = exact ?? writtenSince(sinceMs, state, samples)
  return {
    kind,
    name,
    since: sinceMs === null ? null : new Date(sinceMs).toISOString(),
    holds,
    heldBytes: held === null ? null : Number(held),
    heldAtMost: exact === null && held !== null,
    details,
    fix,
  }
}

export function blockerInWords(blocker: Blocker, state: LogState, samples: readonly Sample[]): string {
  const { kind, name, since, holds, heldBytes, heldAtMost, details } = blockerStatus(blocker, state, samples)
  const user = typeof details['user'] === 'string' ? ` of ${details['user']}` : ''
  const age = since === null ? '' : ` since ${timeInWords(Math.max(0, state.atMs - Date.parse(since)))}`
  if (holds === 'stream') return `${kind} ${name} holds up the stream${age}`
  const held = heldBytes === null ? 'the log' : `${heldAtMost ? 'at most ' : ''}${bytesInWords(heldBytes)} of the log`
  return `${kind} ${name}${user} retains ${held}${age}`
}

/**
 * An upper bound of what the blocker retains: the log written since it began, counted from the last inspection before that. null when no
 * inspection is that old.
 */
function writtenSince(sinceMs: number | null, state: LogState, samples: readonly Sample[]): bigint | null {
  if (sinceMs === null || state.writtenBytes === null) return null
  for (const { atMs, server, writtenBytes } of samples) {
    if (server?.run !== state.run.run || writtenBytes === null || writtenBytes > state.writtenBytes) return null
    if (atMs <= sinceMs) return state.writtenBytes - writtenBytes
  }
  return null
}
