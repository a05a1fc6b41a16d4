/** Whether the log has anything after the offset. `unknown`: the database does not report it, or no offset is stored. */
export type Behind = 'yes' | 'no' | 'unknown'

/** For databases that report how much log there is after the offset. */
export function behindBy(lag: bigint | null): Behind {
  if (lag === null) return 'unknown'
  return lag > 0n ? 'yes' : 'no'
}
