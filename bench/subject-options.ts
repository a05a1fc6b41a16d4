import type { SourceEntry } from './stage.ts'

/** The options of a subject process, as JSON. */
export interface SubjectOptions {
  readonly entry: SourceEntry
  readonly position: string
  readonly sink: 'discard' | 'sqlite' | 'hash' | 'latency'
  /** Stops when this many messages have been stored; null: at the head of the log. */
  readonly messages: number | null
}

/** The clock time in envelopes whose hashes are compared. */
export const FIXED_NOW_MS = 1_700_000_000_000

export const KEEP_ALL = { ageMs: null, messages: null }
