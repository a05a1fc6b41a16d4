import type { ErrorCode } from './error-code.ts'
import type { JsonObject } from './json.ts'
import type { Loss } from './loss.ts'
import type { Offset, ServerIdentity } from './offset.ts'
import type { Position } from './position.ts'
import type { BrokenHop, TableGaps } from './source-status.ts'

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
  /** How much the database keeps by this limit. `Infinity`: the setting sets none; null: there is a limit, and we do not know it. */
  readonly keeps: number | null
  /** How much of it our offset uses up. */
  readonly used: number
  /** false: the figure is our estimate. */
  readonly certain: boolean
  /** What happens when it is used up: our place is given up, or the disk is full and the server stops. */
  readonly ends: 'offset lost' | 'disk full'
  /** The source's own words: where the figures come from, what would tell more. */
  readonly because: readonly string[]
}

export interface Blocker {
  /** e.g. 'transaction', 'prepared transaction', 'slot'. */
  readonly kind: string
  readonly name: string
  readonly sinceMs: number | null
  /** How much of the log it holds, where the database tells; null: it does not. */
  readonly heldBytes: bigint | null
  readonly details: JsonObject
  /** A statement to look at it or end it. */
  readonly fix: string
}

export type Resume =
  | { readonly can: 'yes'; readonly as: 'same server' | 'promoted'; readonly why: string }
  | { readonly can: 'skip'; readonly to: Offset; readonly proof: string }
  | {
      readonly can: 'no'
      readonly code: ErrorCode
      readonly evidence: JsonObject
      /** What to run, one line an entry. */
      readonly choices: readonly string[]
      /** The same for people, with what is missing; absent where the place is not lost but cannot be read from now. */
      readonly loss?: Loss
      /** true: a stream that is open is given nothing any more and moves on all the same, past what is committed: it must end. */
      readonly starves?: boolean
    }
  | { readonly can: 'unknown'; readonly grant: string }

/**
 * Whose log it is. Figures of two looks make a rate only within one `run`: this server since it was last started. What was learnt of
 * the load counts as long as `system` is the same, which a failover leaves as it is.
 */
export interface ServerRun {
  readonly system: string
  readonly run: string
}

/** One look at a source's log: what it keeps, what holds it, and whether the offset could be opened now. */
export interface LogState {
  readonly atMs: number
  readonly server: ServerIdentity
  readonly run: ServerRun
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
  /** Why the next beat of layer 2 could not be written; null: nothing speaks against it, or it is not ours to write. */
  readonly unwritable: BrokenHop | null
  /** Absent: the tables were not inspected. */
  readonly tables?: TableGaps
  /** What we may not see, each with the grant that would show it. */
  readonly unseen: readonly { readonly what: string; readonly grant: string }[]
  /** The source's own figures, for people (`restart_lsn`, `wal_status`, ...). */
  readonly details: JsonObject
}
