import type { Behind } from './behind.ts'
import type { ErrorCode } from './error-code.ts'
import type { Fix } from './fix.ts'
import type { JsonObject } from './json.ts'
import type { Loss } from './loss.ts'
import type { ServerIdentity } from './offset.ts'
import type { Position } from './position.ts'
import type { BrokenHop, TableGaps } from './source-status.ts'

/** A point of the log, as the database names it. */
export interface Mark {
  /** Which point it is, in the database's own term: `written`, `replayed`. */
  readonly name: string
  /** As the database prints it: an LSN, a binlog file and its size, the time of an oplog entry. */
  readonly shown: string
  /** The same as a position that can be compared with an offset; null: the database names the point in another way. */
  readonly position: Position | null
  /** When the log was there, by the database's clock; null: unknown. */
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
  /** What happens when it is used up: our position is given up, or the disk is full and the server stops. */
  readonly ends: 'offset lost' | 'disk full'
  /** The source's own words: where the figures come from, and what would show more. */
  readonly because: readonly string[]
}

export interface Blocker {
  /** e.g. 'transaction', 'prepared transaction', 'slot'. */
  readonly kind: string
  readonly name: string
  readonly sinceMs: number | null
  /** How much of the log it retains; null: the database does not report it. */
  readonly heldBytes: bigint | null
  readonly details: JsonObject
  /** What ends it. */
  readonly fix: readonly Fix[]
}

export type Resume =
  /**
   * A reader continues and loses nothing; `why` has the proof. Also where the log now begins after the offset and nothing was between the
   * two: the reader then moves the offset itself, by a progress with that proof.
   */
  | { readonly can: 'yes'; readonly as: 'same server' | 'promoted'; readonly why: string }
  | {
      readonly can: 'no'
      /** As the reader's error would have them. */
      readonly code: ErrorCode
      readonly message: string
      readonly found: string | null
      readonly expected: string | null
      readonly details: JsonObject
      readonly choices: readonly Fix[]
      /** The same for people, with what is missing; absent where the position is not lost but cannot be read from now. */
      readonly loss?: Loss
      /** true: the open stream passes over committed rows without delivering them, so the connector ends it at once. */
      readonly stop: boolean
    }
  | { readonly can: 'unknown'; readonly grant: string }

/**
 * Whose log it is. Figures of two inspections make a rate only within one `run`: this server since it was last started. What was learnt of
 * the load counts as long as `system` is the same, which a failover leaves as it is.
 */
export interface ServerRun {
  readonly system: string
  readonly run: string
}

/** One inspection of a source's log: what it keeps, what retains it, and whether the offset could be opened now. */
export interface LogState {
  readonly atMs: number
  readonly server: ServerIdentity
  readonly run: ServerRun
  /** The end of the log. */
  readonly head: Mark
  /** Bytes the log has grown by since the server's own origin, to take rates from; null where unknown. */
  readonly writtenBytes: bigint | null
  /** Bytes of log that are retained for this source. */
  readonly heldBytes: bigint | null
  /** `yes` wherever `lagBytes` or `lagMs` is above 0. Without an offset, of the position that the server keeps for the source. */
  readonly behind: Behind
  /** Bytes of log between the offset and the head; null: unknown, or the database does not count its log in bytes. */
  readonly lagBytes: bigint | null
  /** Time between the commits at the offset and at the head, by the database's clock; null: unknown. */
  readonly lagMs: number | null
  readonly limits: readonly Limit[]
  readonly blockers: readonly Blocker[]
  readonly resume: Resume
  /** Why the next beat of layer 2 could not be written; null: nothing speaks against it, or it is not ours to write. */
  readonly unwritable: BrokenHop | null
  /** Absent: the tables were not inspected. */
  readonly tables?: TableGaps
  /** What we may not see, each with the grant that would show it. */
  readonly unseen: readonly { readonly what: string; readonly grant: string }[]
}
