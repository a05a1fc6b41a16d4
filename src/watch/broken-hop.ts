import { ERROR_TABLE, type ErrorCode } from '../model/error-code.ts'
import type { CONNECTOR_ERRORS } from '../model/error-codes/connector.ts'
import { type Fix, forPerson } from '../model/fix.ts'
import type { Position } from '../model/position.ts'
import type { Pulse, PulseHop } from '../model/pulse.ts'
import type { BrokenHop } from '../model/source-status.ts'

/** A pulse with the evidence of its faults. All times except `baseWallMs` are by the monotonic clock. */
export interface TrackedPulse {
  pulse: Pulse
  /** When we first learned of it, by both clocks. */
  readonly baseMs: number
  readonly baseWallMs: number
  /** When the beat was sent; null: this process did not send it. */
  sentMs: number | null
  /** A position at or after the beat's commit, if the database reported one. */
  reached: Position | null
  seenMs: number | null
  storedMs: number | null
  /** Its index among the pulses seen by the current stream; null: this stream has not shown it. */
  seenIndex: number | null
  /** What fixes the failed write. */
  failureFix: readonly Fix[]
  failureMessage: string | null
}

export interface PulseEvidence {
  readonly tracked: Iterable<TrackedPulse>
  /** The last beat, if it failed and none has been written since. */
  readonly lastFailure: TrackedPulse | null
  /** When the newest beat that came back was sent. */
  readonly newestBeatSeenMs: number
  readonly nowMs: number
  readonly overdueMs: number
  readonly unseenFix: readonly Fix[]
  /** What the database calls a row. */
  readonly rowWord: string
  /** Whether the stored offset is at or after this position. */
  readonly hasPassed: (position: Position) => boolean
  /** Why pulses do not arrive, according to the last inspection of the source; null: nothing found yet. */
  readonly silence: { readonly found: string; readonly fix: readonly Fix[] } | null
  /** null: we write the beats ourselves. `silentMs`: the time since a pulse was seen. */
  readonly job: { readonly silentMs: number } | null
}

/** The first broken hop, in the order of the hops. */
export function findBrokenHop(evidence: PulseEvidence): BrokenHop | null {
  if (evidence.lastFailure !== null) return failedWrite(evidence.lastFailure, evidence.nowMs)
  const silent = silentJob(evidence)
  if (silent !== null) return silent
  const overdue = { written: 0, seen: 0, delivered: 0, stored: 0, acknowledged: 0 }
  let oldestUnseen: TrackedPulse | null = null
  for (const tracked of evidence.tracked) {
    const stuck = stuckBefore(tracked, evidence)
    if (stuck === null) continue
    const ageMs = evidence.nowMs - stuck.sinceMs
    if (stuck.hop === 'seen' && ageMs > overdue.seen) oldestUnseen = tracked
    overdue[stuck.hop] = Math.max(overdue[stuck.hop], ageMs)
  }
  if (overdue.written > 0) return unfinished('written', 'PULSE_NOT_WRITTEN', overdue.written, null)
  if (oldestUnseen !== null) return unseen(oldestUnseen.reached, overdue.seen, evidence)
  if (overdue.delivered > 0) return unfinished('delivered', 'PULSE_NOT_STORED', overdue.delivered, null)
  if (overdue.stored > 0) return unfinished('stored', 'PULSE_NOT_STORED', overdue.stored, null)
  if (overdue.acknowledged > 0) return unfinished('acknowledged', 'PULSE_NOT_ACKNOWLEDGED', overdue.acknowledged, null)
  return null
}

function stuckBefore(
  tracked: TrackedPulse,
  evidence: PulseEvidence,
): { readonly hop: PulseHop; readonly sinceMs: number } | null {
  const next = nextHop(tracked)
  if (next === null || evidence.nowMs - next.sinceMs <= evidence.overdueMs) return null
  // A newer beat came back. The log is in order, so this beat was never in it, and the path works again.
  if (tracked.seenMs === null && next.sinceMs < evidence.newestBeatSeenMs) return null
  return next
}

function nextHop(tracked: TrackedPulse): { readonly hop: PulseHop; readonly sinceMs: number } | null {
  if (tracked.storedMs !== null) return { hop: 'acknowledged', sinceMs: tracked.storedMs }
  if (tracked.seenMs !== null) {
    return { hop: tracked.pulse.deliveredAtMs === null ? 'delivered' : 'stored', sinceMs: tracked.seenMs }
  }
  if (tracked.sentMs === null || tracked.pulse.failedCode !== null) return null
  return { hop: tracked.pulse.writtenAtMs === null ? 'written' : 'seen', sinceMs: tracked.sentMs }
}

function failedWrite(failure: TrackedPulse, nowMs: number): BrokenHop {
  const code = failure.pulse.failedCode ?? 'DEFECT'
  const age = seconds(nowMs - (failure.sentMs ?? failure.baseMs))
  const words = failure.failureMessage === null ? '' : `: ${failure.failureMessage}`
  return {
    hop: 'written',
    code,
    found: `the last heartbeat, sent ${age} ago, failed with ${code}${words}`,
    fix: failure.failureFix.length === 0 ? cureOf(code) : failure.failureFix,
  }
}

function unseen(reached: Position | null, ageMs: number, evidence: PulseEvidence): BrokenHop {
  const { silence, unseenFix } = evidence
  const broken = unfinished('seen', 'PULSE_NOT_SEEN', ageMs, silence?.fix ?? unseenFix)
  const why = silence?.found ?? (reached === null ? null : unseenAt(reached, evidence))
  return why === null ? broken : { ...broken, found: `${broken.found}; ${why}` }
}

/** A stream that is behind will still show the beat. A stream that has read past it never will. */
function unseenAt(reached: Position, { hasPassed }: PulseEvidence): string {
  return hasPassed(reached)
    ? 'the stored offset is past it, so the stream does not include the heartbeat'
    : 'the stored offset has not reached it, so the stream is behind'
}

function silentJob({ job, silence, overdueMs, unseenFix, rowWord }: PulseEvidence): BrokenHop | null {
  if (job === null || job.silentMs <= overdueMs) return null
  const because = silence === null ? '' : `; ${silence.found}`
  return {
    hop: 'seen',
    code: 'PULSE_JOB_SILENT',
    found: `no change of the heartbeat ${rowWord} by the job was seen for ${seconds(job.silentMs)}${because}`,
    fix: silence?.fix ?? unseenFix,
  }
}

const FOUND: Record<PulseHop, string> = {
  written: 'the database has not answered a heartbeat sent',
  seen: 'a heartbeat was written and has not appeared in the stream; it was sent',
  delivered: 'a pulse was seen in the log and is not delivered; it was seen',
  stored: 'a pulse was delivered and its offset is not stored; it was seen',
  acknowledged: 'a pulse was stored and has not been acknowledged to the server; it was stored',
}

function unfinished(
  hop: PulseHop,
  code: keyof typeof CONNECTOR_ERRORS,
  ageMs: number,
  fix: readonly Fix[] | null,
): BrokenHop {
  return { hop, code, found: `${FOUND[hop]} ${seconds(ageMs)} ago`, fix: fix ?? cureOf(code) }
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_TABLE, code)
}

function cureOf(code: string): readonly Fix[] {
  const words = isErrorCode(code) ? ERROR_TABLE[code].cure : `Look up ${code} in the database's list of error codes.`
  return [forPerson(words)]
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`
}
