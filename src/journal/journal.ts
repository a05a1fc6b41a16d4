import type { LogState } from '../model/log-state.ts'
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

/** What a look at the log told, as far as runway and history need it. */
export interface Sample {
  readonly atMs: number
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

/** All newest first. */
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
    headPosition: state.head.position,
    writtenBytes: state.writtenBytes,
    heldBytes: state.heldBytes,
    lagBytes: state.lagBytes,
  }
}
