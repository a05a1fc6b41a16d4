import type { Sample, VerdictChange } from '../journal/journal.ts'
import type { Pulse } from '../model/pulse.ts'

export interface History {
  readonly source: string
  readonly sinceMs: number
  /** All lists are newest first. */
  readonly pulses: readonly Pulse[]
  readonly samples: readonly Sample[]
  readonly verdicts: readonly VerdictChange[]
}

/** The document of `history --json` and the API. The field names are stable, since users' scripts depend on them. */
export function historyDocument({ source, sinceMs, pulses, samples, verdicts }: History) {
  return {
    version: 1,
    source,
    since: iso(sinceMs),
    pulses: pulses.map((pulse) => ({
      nonce: pulse.nonce,
      // A heartbeat that was not written by the connector (but by `offbeat beat` or a job) counts as written when it was committed.
      writtenAt: iso(pulse.writtenAtMs ?? pulse.committedAtMs),
      committedAt: iso(pulse.committedAtMs),
      seenAt: iso(pulse.seenAtMs),
      deliveredAt: iso(pulse.deliveredAtMs),
      storedAt: iso(pulse.storedAtMs),
      acknowledgedAt: iso(pulse.acknowledgedAtMs),
      failedCode: pulse.failedCode,
    })),
    samples: samples.map((sample) => ({
      at: iso(sample.atMs),
      headPosition: sample.headPosition,
      writtenBytes: numberOf(sample.writtenBytes),
      heldBytes: numberOf(sample.heldBytes),
      lagBytes: numberOf(sample.lagBytes),
    })),
    verdicts: verdicts.map(({ atMs, from, to, why }) => ({ at: iso(atMs), from, to, why })),
  }
}

function iso(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString()
}

function numberOf(bytes: bigint | null): number | null {
  return bytes === null ? null : Number(bytes)
}
