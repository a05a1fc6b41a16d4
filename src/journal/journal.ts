import type { LogState, ServerRun } from '../model/log-state.ts'
import type { MovedBy } from '../model/offset.ts'
import type { Pulse } from '../model/pulse.ts'
import type { SourceStatus } from '../model/source-status.ts'
import type { VerdictName } from '../model/verdict.ts'

/** The history. Ledger rows are written by the store of the offset in the same transaction. Everything else is written here. */
export type JournalEntry =
  | { readonly type: 'pulse'; readonly source: string; readonly pulse: Pulse }
  | { readonly type: 'sample'; readonly source: string; readonly sample: Sample }
  | { readonly type: 'verdict'; readonly source: string; readonly verdict: VerdictChange }
  | { readonly type: 'status'; readonly source: string; readonly status: SourceStatus; readonly atMs: number }

/** The result of an inspection of the log, as far as runway and history need it. */
export interface Sample {
  readonly atMs: number
  /** Which server's log it was; null: the sample was written before this was recorded. */
  readonly server: ServerRun | null
  readonly headPosition: string
  readonly writtenBytes: bigint | null
  readonly heldBytes: bigint | null
  readonly lagBytes: bigint | null
}

export interface VerdictChange {
  readonly atMs: number
  readonly from: VerdictName | null
  readonly to: VerdictName
  readonly why: string
}

/** A move of an offset. Of plain commits, the first and last of each minute are kept. */
export interface LedgerEntry {
  readonly atMs: number
  readonly by: MovedBy
  readonly from: string | null
  /** null: the offset was reset. */
  readonly to: string | null
  readonly why: string
}

export interface Journal {
  /** A pulse entry replaces the one with the same nonce, and a status entry replaces the source's last one. Resolves when written. */
  append(entries: readonly JournalEntry[]): Promise<void>
  history: JournalReader
}

/**
 * How densely samples are kept by age, so that reading a day stays fast. In each stretch of time, counted from the epoch, the first sample
 * of every run is kept. `writtenBytes` is a running total, so rates over an hour or more lose nothing.
 */
export const SAMPLE_AGES = [
  { olderThanMs: 3_600_000, oneInMs: 60_000 },
  { olderThanMs: 6 * 3_600_000, oneInMs: 600_000 },
] as const

/** The most pulses returned: more than a week of one a minute, and few enough to hold in memory. */
export const MOST_PULSES = 20_000

/** All lists are newest first. Samples are ordered by when they were written, and their density depends on age; see `SAMPLE_AGES`. */
export interface JournalReader {
  ledger(source: string, limit: number): Promise<readonly LedgerEntry[]>
  pulses(source: string, sinceMs: number): Promise<readonly Pulse[]>
  samples(source: string, sinceMs: number): Promise<readonly Sample[]>
  verdicts(source: string, sinceMs: number): Promise<readonly VerdictChange[]>
  status(source: string): Promise<{ readonly status: SourceStatus; readonly atMs: number } | null>
}

export function sampleOf(state: LogState): Sample {
  return {
    atMs: state.atMs,
    server: { system: state.run.system, run: state.run.run },
    headPosition: state.head.shown,
    writtenBytes: state.writtenBytes,
    heldBytes: state.heldBytes,
    lagBytes: state.lagBytes,
  }
}
