import type { Check } from '../../sources/check.ts'
import type { HeartbeatEvidence } from '../../sources/heartbeat/facts.ts'

/** A check of layer 2 as one of a database's own: `of` gives what it needs from the evidence that the database has gathered. */
export function checkOf<Evidence>(
  kind: string,
  check: Check<HeartbeatEvidence>,
  of: (evidence: Evidence) => HeartbeatEvidence,
  title = check.title,
): Check<Evidence> {
  return { ...check, id: `${kind}.${check.id}`, title, look: (evidence) => check.look(of(evidence)) }
}
