import type { ErrorCode } from './error-code.ts'
import type { JsonObject } from './json.ts'
import type { Offset, ServerIdentity } from './offset.ts'
import type { Position } from './position.ts'

/** A place in the log with what it belongs to (a slot, a thread, a file, a segment on disk). */
export interface Mark {
  readonly name: string
  readonly position: Position
  /** When the log was there, where the database tells. */
  readonly atMs: number | null
}

export interface Limit {
  /** The setting's name in the database. */
  readonly name: string
  readonly unit: 'ms' | 'bytes'
  /** How much the database keeps by this limit. */
  readonly keeps: number
  /** How much of it our offset uses up. */
  readonly used: number
  /** false: the figure is our estimate. */
  readonly certain: boolean
}

export interface Blocker {
  /** e.g. 'transaction', 'prepared transaction', 'slot'. */
  readonly kind: string
  readonly name: string
  readonly sinceMs: number | null
  readonly details: JsonObject
  /** A statement to look at it or end it. */
  readonly fix: string
}

export type Resume =
  | { readonly can: 'yes'; readonly as: 'same server' | 'promoted'; readonly why: string }
  | { readonly can: 'skip'; readonly to: Offset; readonly proof: string }
  | { readonly can: 'no'; readonly code: ErrorCode; readonly evidence: JsonObject; readonly choices: readonly string[] }
  | { readonly can: 'unknown'; readonly grant: string }

/** One look at a source's log: what it keeps, what holds it, and whether the offset could be opened now. */
export interface LogState {
  readonly atMs: number
  readonly server: ServerIdentity
  readonly head: Mark
  readonly oldest: readonly Mark[]
  /** Bytes the log has grown by since the server's own origin, to take rates from; null where unknown. */
  readonly writtenBytes: bigint | null
  /** Bytes of log that are kept because of our place. */
  readonly heldBytes: bigint | null
  /** Bytes of log between the offset and the head; null where unknown. */
  readonly lagBytes: bigint | null
  readonly limits: readonly Limit[]
  readonly blockers: readonly Blocker[]
  readonly resume: Resume
  /** What we may not see, each with the grant that would show it. */
  readonly unseen: readonly { readonly what: string; readonly grant: string }[]
  /** The source's own figures, for people (`restart_lsn`, `wal_status`, ...). */
  readonly details: JsonObject
}
