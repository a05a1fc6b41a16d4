import type { Sample } from '../journal/journal.ts'
import { sampleOf } from '../journal/journal.ts'
import type { LogState } from '../model/log-state.ts'
import type { Offset } from '../model/offset.ts'
import type { Pulse } from '../model/pulse.ts'
import type { SourceStatus } from '../model/source-status.ts'
import type { Verdict } from '../model/verdict.ts'
import { runwayOf } from './runway.ts'
import { newestPulses, roundTripMs, sourceStatus } from './status.ts'
import { type AtRiskSettings, verdictOf } from './verdict.ts'

/** What can be known of a source whose connector does not run: what it left behind, and a look made now. */
export interface EvidenceAtRest {
  readonly name: string
  readonly kind: string
  readonly nowMs: number
  /** null: off. */
  readonly connectorIntervalMs: number | null
  readonly sourceHeartbeat: { readonly mode: string; readonly intervalMs: number }
  readonly atRisk: AtRiskSettings
  readonly offset: Offset | null
  /** The look made now; null: it failed. */
  readonly state: LogState | null
  /** From the journal, newest first. */
  readonly samples: readonly Sample[]
  readonly pulses: readonly Pulse[]
  /** The connector's last own status. */
  readonly lastStatus: SourceStatus | null
}

const DEFAULT_INTERVAL_MS = 60_000

/** The status of a source from what is stored; durations are by the wall clock here, a jump back counting as no time at all. */
export function statusAtRest(evidence: EvidenceAtRest): SourceStatus {
  const { nowMs, state, offset, lastStatus } = evidence
  const samples = state === null ? evidence.samples : [sampleOf(state), ...evidence.samples]
  const runway = runwayOf(state, samples)
  const { written, seen } = newestPulses(evidence.pulses)
  const layer2 = evidence.sourceHeartbeat.mode !== 'off'
  const ageMs = (atMs: number | null | undefined) => (atMs == null ? null : Math.max(0, nowMs - atMs))
  const intervalMs = layer2
    ? evidence.sourceHeartbeat.intervalMs
    : (evidence.connectorIntervalMs ?? DEFAULT_INTERVAL_MS)
  // A look made now is no age old, whatever the database's clock says.
  const lookAgeMs = state === null ? ageMs(samples[0]?.atMs) : 0
  const judged = verdictOf({
    intervalMs,
    // There is no stream: what is known is as old as the newest look, and where there never was one, nothing could be learnt.
    watchedMs: lookAgeMs ?? 3 * intervalMs,
    state,
    lookAgeMs,
    byteAgeMs: null,
    runway,
    atRisk: evidence.atRisk,
    pulse: layer2 ? { backAgeMs: ageMs(seen?.seenAtMs), roundTripMs: roundTripMs(seen) } : null,
    offsetAgeMs: ageMs(offset?.moved.atMs),
    changeAgeMs: ageMs(timeOf(lastStatus?.lastChangeAt)),
  })
  const neverRan = offset === null && (judged.name === 'idle' || judged.name === 'stale')
  const verdict: Verdict = neverRan
    ? { name: 'stale', why: 'no offset is stored: the connector has never run' }
    : judged
  return sourceStatus({
    name: evidence.name,
    kind: evidence.kind,
    verdict,
    runway,
    offset,
    state,
    connectorBeat: { atMs: timeOf(lastStatus?.heartbeat.connector.at), intervalMs: evidence.connectorIntervalMs },
    sourceBeat: {
      mode: evidence.sourceHeartbeat.mode,
      written,
      seen,
      broken: lastStatus?.heartbeat.source.broken ?? null,
    },
    lastChangeAtMs: timeOf(lastStatus?.lastChangeAt),
    counts: lastStatus?.counts ?? { changes: 0, transactions: 0, heartbeats: 0 },
  })
}

function timeOf(iso: string | null | undefined): number | null {
  return iso == null ? null : Date.parse(iso)
}
