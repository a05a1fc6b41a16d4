import type { OffbeatError } from '../model/error.ts'
import { forPerson } from '../model/fix.ts'
import type { RetryStatus } from '../model/source-status.ts'

export function retryStatus(
  what: RetryStatus['what'],
  { code, message, found, fix, entry }: OffbeatError,
  { sinceAtMs, attempts }: { readonly sinceAtMs: number; readonly attempts: number },
): RetryStatus {
  const since = new Date(sinceAtMs).toISOString()
  return { what, code, message, found, fix: fix.length > 0 ? fix : [forPerson(entry.cure)], since, attempts }
}
