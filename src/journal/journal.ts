import type { LogState, ServerRun } from '../model/log-state.ts'
import type { MovedBy } from '../model/offset.ts'
import type { Pulse } from '../model/pulse.ts'
import type { SourceStatus } from '../model/source-status.ts'
import type { VerdictName } from '../model/verdict.ts'

/** The history. The ledger's rows are written by whatever stores the offset, in the same act; the rest comes from here. */
export type JournalEntry =
  | { readonly type: 'pulse'; readonly source: string; readonly pulse: Pulse }
  | { readonly type: 'sample'; readonly source: string; readonly sample: Sample }
  | { readonly type: 'verdict'; readonly source: string; readonly verdict: VerdictChange }
  | { readonly type: 'status'; readonly source: string; readonly status: SourceStatus; readonly atMs: number }

/** What an inspection of the log found, as far as runway and history need it. */
export interface Sample {
  readonly atMs: number
  /** Whose log it was; null: from before this was kept. */
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

/** A move of an offset. Plain commits are kept as the first and last of each minute. */
export interface LedgerEntry {
  readonly atMs: number
  readonly by: MovedBy
  readonly from: string | null
  /** null: the offset was reset. */
  readonly to: string | null
  readonly why: string
}

export interface Journal {
  /** A pulse entry replaces the one with the same nonce; a status entry the source's last. Resolves when written. */
  append(entries: readonly JournalEntry[]): Promise<void>
  history: JournalReader
}

/**
 * How densely samples are kept by their age, so that reading a day stays cheap: of each such stretch of time, counted from the epoch,
 * the first of every run stays. What was written is a running total, so no rate over an hour is lost by it.
 */
export const SAMPLE_AGES = [
  { olderThanMs: 3_600_000, oneInMs: 60_000 },
  { olderThanMs: 6 * 3_600_000, oneInMs: 600_000 },
] as const

/** So many pulses are given at most: a week and more of one a minute, and never more than a process can well hold. */
export const MOST_PULSES = 20_000

/** All newest first; samples by when they were written, and by their age as densely as `SAMPLE_AGES` says. */
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
