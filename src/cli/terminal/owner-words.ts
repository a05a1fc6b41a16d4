import type { Owner } from '../../sqlite/owner.ts'
import { localTimes } from './local-time.ts'

export function ownerInWords(
  { pid, host, sinceMs }: Owner,
  { nowMs, timeZone }: { readonly nowMs: number; readonly timeZone: string },
): string {
  return `process ${pid} on ${host} since ${localTimes(timeZone)(sinceMs, nowMs)}`
}
