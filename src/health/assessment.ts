import type { Sample } from '../journal/journal.ts'
import type { LogState } from '../model/log-state.ts'
import type { StoredOffset } from '../model/offset.ts'
import type { Pulse } from '../model/pulse.ts'
import type { Runway } from '../model/runway.ts'
import type { BrokenHop, ConnectorStatus, SourceStatus } from '../model/source-status.ts'
import type { Verdict } from '../model/verdict.ts'
import { roundTripMs, sourceStatus } from './status.ts'
import type { AtRiskSettings, VerdictEvidence } from './verdict.ts'

/** A source to be assessed, whether its connector runs or not. */
export interface WatchedSource {
  readonly name: string
  readonly kind: string
  /** The interval of layer 1; null: off. */
  readonly connectorIntervalMs: number | null
  readonly sourceHeartbeat: { readonly mode: string; readonly intervalMs: number }
  readonly atRisk: AtRiskSettings
}

/** The interval that verdicts are based on: that of layer 2, or of layer 1 where layer 2 is off. */
export function intervalOf({ sourceHeartbeat, connectorIntervalMs }: WatchedSource): number {
  return sourceHeartbeat.mode === 'off'
    ? (connectorIntervalMs ?? sourceHeartbeat.intervalMs)
    : sourceHeartbeat.intervalMs
}

export type Evidence = Omit<VerdictEvidence, 'intervalMs' | 'atRisk' | 'pulse'> & {
  /** The newest pulse seen in the log, and the time since then. */
  readonly seen: Pulse | null
  readonly backAgeMs: number | null
}

/** The evidence for the verdict on the source, as configured. */
export function verdictEvidence(source: WatchedSource, { seen, backAgeMs, ...evidence }: Evidence): VerdictEvidence {
  const layer2 = source.sourceHeartbeat.mode !== 'off'
  return {
    ...evidence,
    intervalMs: intervalOf(source),
    atRisk: source.atRisk,
    pulse: layer2 ? { backAgeMs, roundTripMs: roundTripMs(seen) } : null,
  }
}

export interface Findings {
  readonly connector: ConnectorStatus
  readonly verdict: Verdict
  readonly runway: Runway
  readonly offset: StoredOffset | null
  readonly state: LogState | null
  readonly samples: readonly Sample[]
  /** The time of the last layer 1 heartbeat. */
  readonly beatAtMs: number | null
  readonly written: Pulse | null
  readonly seen: Pulse | null
  readonly broken: BrokenHop | null
  readonly lastChangeAtMs: number | null
  readonly counts: SourceStatus['counts']
}

export function statusOf(source: WatchedSource, findings: Findings): SourceStatus {
  const { connector, verdict, runway, offset, state, samples, lastChangeAtMs, counts } = findings
  const { beatAtMs, written, seen, broken } = findings
  const { mode } = source.sourceHeartbeat
  return sourceStatus({
    name: source.name,
    kind: source.kind,
    connector,
    verdict,
    runway,
    offset,
    state,
    samples,
    connectorBeat: { atMs: beatAtMs, intervalMs: source.connectorIntervalMs },
    sourceBeat: { mode, written, seen, broken: mode === 'off' ? null : broken },
    lastChangeAtMs,
    counts,
  })
}
