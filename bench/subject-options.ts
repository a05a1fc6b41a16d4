/** What a subject process is told, as JSON. */
export interface SubjectOptions {
  readonly url: string
  readonly slot: string
  readonly publication: string
  /** Where the slot stands. */
  readonly place: string
  readonly sink: 'discard' | 'sqlite' | 'hash' | 'latency'
  /** Stops when that many have been stored; null: at the head of the log. */
  readonly messages: number | null
}

/** The time in envelopes whose hashes are compared. */
export const FIXED_NOW_MS = 1_700_000_000_000

export const KEEP_ALL = { ageMs: null, messages: null }
