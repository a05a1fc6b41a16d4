import { type Sample, sampleOf } from '../journal/journal.ts'
import type { LogState } from '../model/log-state.ts'
import type { Offset } from '../model/offset.ts'
import type { Pulse } from '../model/pulse.ts'
import type { BrokenHop, SourceStatus } from '../model/source-status.ts'
import type { Verdict } from '../model/verdict.ts'
import { intervalOf, judge, statusOf, type WatchedSource } from './assessment.ts'
import { runwayOf } from './runway.ts'
import { newestPulses } from './status.ts'
import { refusalWhy } from './verdict.ts'

/** What can be known of a source whose connector does not run: what it left behind, and a look made now. */
export interface EvidenceAtRest extends WatchedSource {
  readonly nowMs: number
  readonly offset: Offset | null
  /** The look made now; null: it failed. */
  readonly state: LogState | null
  /** From the journal, newest first. */
  readonly samples: readonly Sample[]
  readonly pulses: readonly Pulse[]
  /** The connector's last own status. */
  readonly lastStatus: SourceStatus | null
}

/** The status of a source from what is stored; durations are by the wall clock here, a jump back counting as no time at all. */
export function statusAtRest(evidence: EvidenceAtRest): SourceStatus {
  const { nowMs, state, offset, lastStatus } = evidence
  const samples = state === null ? evidence.samples : [sampleOf(state), ...evidence.samples]
  const runway = runwayOf(state, samples)
  const { written, seen } = newestPulses(evidence.pulses)
  const ageMs = (atMs: number | null | undefined) => (atMs == null ? null : Math.max(0, nowMs - atMs))
  // A look made now is no age old, whatever the database's clock says.
  const lookAgeMs = state === null ? ageMs(samples[0]?.atMs) : 0
  const judged = judge(evidence, {
    // There is no stream: what is known is as old as the newest look, and where there never was one, nothing could be learnt.
    watchedMs: lookAgeMs ?? 3 * intervalOf(evidence),
    state,
    lookAgeMs,
    byteAgeMs: null,
    runway,
    seen,
    backAgeMs: ageMs(seen?.seenAtMs),
    offsetAgeMs: ageMs(offset?.moved.atMs),
    changeAgeMs: ageMs(timeOf(lastStatus?.lastChangeAt)),
  })
  return statusOf(evidence, {
    verdict: offset === null ? neverRan(judged, state) : judged,
    runway,
    offset,
    state,
    samples,
    beatAtMs: timeOf(lastStatus?.heartbeat.connector.at),
    written,
    seen,
    broken: brokenAtRest(state, lastStatus),
    lastChangeAtMs: timeOf(lastStatus?.lastChangeAt),
    counts: lastStatus?.counts ?? { changes: 0, transactions: 0, heartbeats: 0 },
  })
}

/** Nothing is kept yet, so nothing is at risk; what will keep the connector from beginning is said. */
function neverRan(judged: Verdict, state: LogState | null): Verdict {
  const refusal = refusalWhy(state)
  if (judged.name !== 'idle' && judged.name !== 'stale' && refusal === null) return judged
  if (judged.name === 'lost' || judged.name === 'blind') return judged
  const why = 'no offset is stored: the connector has never run'
  return { name: 'stale', why: refusal === null ? why : `${why}, and its stream could not be opened: ${refusal}` }
}

/** What the connector last found, unless a look now finds the write in order. */
function brokenAtRest(state: LogState | null, lastStatus: SourceStatus | null): BrokenHop | null {
  if (state?.unwritable != null) return state.unwritable
  const last = lastStatus?.heartbeat.source.broken ?? null
  return state !== null && last?.hop === 'written' ? null : last
}

function timeOf(iso: string | null | undefined): number | null {
  return iso == null ? null : Date.parse(iso)
}
