import { type Sample, sampleOf } from '../journal/journal.ts'
import type { LogState } from '../model/log-state.ts'
import type { StoredOffset } from '../model/offset.ts'
import type { Pulse } from '../model/pulse.ts'
import type { BrokenHop, ConnectorStatus, SourceStatus } from '../model/source-status.ts'
import { intervalOf, statusOf, verdictEvidence, type WatchedSource } from './assessment.ts'
import { runwayOf } from './runway.ts'
import { newestPulses } from './status.ts'
import { type StreamEvidence, verdictOf, withoutOffset } from './verdict.ts'

/** What is known about a source without a report from its connector: the stored data and a new inspection. */
export interface EvidenceAtRest extends WatchedSource {
  readonly nowMs: number
  readonly connector: ConnectorStatus
  readonly stream: StreamEvidence
  readonly offset: StoredOffset | null
  /** The new inspection; null: it failed, or none was made. */
  readonly state: LogState | null
  /** From the journal, newest first. */
  readonly samples: readonly Sample[]
  readonly pulses: readonly Pulse[]
  /** The connector's last report. */
  readonly lastStatus: SourceStatus | null
}

/** The status of a source from stored data. Durations use the wall clock here; if it was set back, a negative duration counts as zero. */
export function statusAtRest(evidence: EvidenceAtRest): SourceStatus {
  const { nowMs, state, offset, stream, lastStatus } = evidence
  const samples = state === null ? evidence.samples : [sampleOf(state), ...evidence.samples]
  const runway = runwayOf(state, samples)
  const { written, seen } = newestPulses(evidence.pulses)
  const broken = brokenAtRest(state, lastStatus)
  const ageMs = (atMs: number | null | undefined) => (atMs == null ? null : Math.max(0, nowMs - atMs))
  // A new inspection has age zero, whatever the database's clock says.
  const inspectionAgeMs = state === null ? ageMs(samples[0]?.atMs) : 0
  const judged = verdictOf(
    verdictEvidence(evidence, {
      watchedMs: watchedMs(evidence, inspectionAgeMs),
      stream,
      state,
      inspectionAgeMs,
      byteAgeMs: null,
      runway,
      seen,
      backAgeMs: ageMs(seen?.seenAtMs),
      broken,
      offsetAgeMs: ageMs(offset?.moved.atMs),
      changeAgeMs: ageMs(timeOf(lastStatus?.lastChangeAt)),
    }),
  )
  return statusOf(evidence, {
    connector: evidence.connector,
    verdict: offset === null ? withoutOffset(judged, evidence) : judged,
    runway,
    offset,
    state,
    samples,
    beatAtMs: timeOf(lastStatus?.heartbeat.connector.at),
    written,
    seen,
    broken,
    lastChangeAtMs: timeOf(lastStatus?.lastChangeAt),
    counts: lastStatus?.counts ?? { changes: 0, transactions: 0, heartbeats: 0 },
  })
}

/** Our knowledge is as old as the newest inspection. Without one, a starting connector has been watching since it started. */
function watchedMs(evidence: EvidenceAtRest, inspectionAgeMs: number | null): number {
  const { stream } = evidence
  if (stream.state === 'starting' || stream.state === 'broken') return stream.ageMs
  return inspectionAgeMs ?? 3 * intervalOf(evidence)
}

/** The broken hop that the connector last reported, unless a new inspection finds that the heartbeat can be written. */
function brokenAtRest(state: LogState | null, lastStatus: SourceStatus | null): BrokenHop | null {
  if (state?.unwritable != null) return state.unwritable
  const last = lastStatus?.heartbeat.source.broken ?? null
  return state !== null && last?.hop === 'written' ? null : last
}

function timeOf(iso: string | null | undefined): number | null {
  return iso == null ? null : Date.parse(iso)
}
