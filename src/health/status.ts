import type { Sample } from '../journal/journal.ts'
import type { LogState } from '../model/log-state.ts'
import type { StoredOffset } from '../model/offset.ts'
import type { Pulse } from '../model/pulse.ts'
import type { Runway } from '../model/runway.ts'
import type { BrokenHop, ConnectorStatus, SourceStatus } from '../model/source-status.ts'
import type { Verdict } from '../model/verdict.ts'
import { blockerStatus } from './blocker.ts'

export interface StatusEvidence {
  readonly name: string
  readonly kind: string
  readonly connector: ConnectorStatus
  readonly verdict: Verdict
  readonly runway: Runway
  readonly offset: StoredOffset | null
  /** The newest inspection. */
  readonly state: LogState | null
  /** The inspections of the last day, newest first. */
  readonly samples: readonly Sample[]
  readonly connectorBeat: { readonly atMs: number | null; readonly intervalMs: number | null }
  /** The newest layer 2 pulse that was written and the newest that was seen. They are often the same. */
  readonly sourceBeat: {
    readonly mode: string
    readonly written: Pulse | null
    readonly seen: Pulse | null
    readonly broken: BrokenHop | null
  }
  readonly lastChangeAtMs: number | null
  readonly counts: SourceStatus['counts']
}

/** One source of `status --json`. */
export function sourceStatus(evidence: StatusEvidence): SourceStatus {
  const { sourceBeat, connectorBeat, verdict, state, samples } = evidence
  return {
    name: evidence.name,
    kind: evidence.kind,
    connector: evidence.connector,
    verdict: verdict.name,
    why: verdict.why,
    offset: offsetStatus(evidence.offset, evidence.state),
    heartbeat: {
      connector: { at: iso(connectorBeat.atMs), intervalMs: connectorBeat.intervalMs },
      source: {
        mode: sourceBeat.mode,
        writtenAt: iso(sourceBeat.written?.writtenAtMs ?? null),
        seenAt: iso(sourceBeat.seen?.seenAtMs ?? null),
        roundTripMs: roundTripMs(sourceBeat.seen),
        broken: sourceBeat.broken,
      },
    },
    runway: evidence.runway,
    blockers: state?.blockers.map((blocker) => blockerStatus(blocker, state, samples)) ?? [],
    tables: state?.tables ?? null,
    lastChangeAt: iso(evidence.lastChangeAtMs),
    counts: evidence.counts,
  }
}

/**
 * From the write until the pulse is seen in the log. A pulse that Offbeat did not write counts from its commit, by the database's clock.
 */
export function roundTripMs(pulse: Pulse | null): number | null {
  if (pulse === null || pulse.seenAtMs === null) return null
  const fromMs = pulse.writtenAtMs ?? pulse.committedAtMs
  return fromMs === null ? null : Math.max(0, pulse.seenAtMs - fromMs)
}

/** The newest written and the newest seen of the journal's pulses. */
export function newestPulses(pulses: readonly Pulse[]): {
  readonly written: Pulse | null
  readonly seen: Pulse | null
} {
  return {
    written: newestBy(pulses, (pulse) => pulse.writtenAtMs),
    seen: newestBy(pulses, (pulse) => pulse.seenAtMs),
  }
}

function newestBy(pulses: readonly Pulse[], timeOf: (pulse: Pulse) => number | null): Pulse | null {
  let newest: Pulse | null = null
  let newestMs = Number.NEGATIVE_INFINITY
  for (const pulse of pulses) {
    const atMs = timeOf(pulse)
    if (atMs === null || atMs <= newestMs) continue
    newest = pulse
    newestMs = atMs
  }
  return newest
}

function offsetStatus(offset: StoredOffset | null, state: LogState | null): SourceStatus['offset'] {
  if (offset === null) return null
  const { lagBytes = null, lagMs = null, behind = 'unknown' } = state ?? {}
  return {
    position: offset.position,
    storedAt: new Date(offset.moved.atMs).toISOString(),
    movedBy: offset.moved.by,
    behind,
    lagBytes: lagBytes === null ? null : Math.max(0, Number(lagBytes)),
    lagMs: lagMs === null ? null : Math.max(0, lagMs),
  }
}

function iso(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString()
}
