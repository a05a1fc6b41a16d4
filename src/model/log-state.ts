import type { Behind } from './behind.ts'
import type { ErrorCode } from './error-code.ts'
import type { Fix, StatementFix } from './fix.ts'
import type { JsonObject } from './json.ts'
import type { Loss } from './loss.ts'
import type { ServerIdentity } from './offset.ts'
import type { Position } from './position.ts'
import type { BrokenHop, TableGaps } from './source-status.ts'

/** A point in the log, as the database names it. */
export interface Mark {
  /** Which point it is, in the database's own term: `written`, `replayed`. */
  readonly name: string
  /** The point as the database prints it: an LSN, a binlog file and its size, the time of an oplog entry. */
  readonly shown: string
  /** The same point as a position that can be compared with an offset; null: the database names the point in another way. */
  readonly position: Position | null
  /** When the log reached this point, by the database's clock; null: unknown. */
  readonly atMs: number | null
}

export interface Limit {
  /** The setting's name in the database. */
  readonly name: string
  readonly unit: 'ms' | 'bytes'
  /** How much log this limit retains. `Infinity`: the setting has no limit. null: there is a limit that we do not know. */
  readonly keeps: number | null
  /** How much of the limit our offset uses. */
  readonly used: number
  /** false: the figure is an estimate. */
  readonly certain: boolean
  /** What happens when the limit is used up: our position is lost, or the disk is full and the server stops. */
  readonly ends: 'offset lost' | 'disk full'
  /** Explanations from the source: where the figures come from, and what would show more. */
  readonly because: readonly string[]
}

export interface Blocker {
  /** e.g. 'transaction', 'prepared transaction', 'slot'. */
  readonly kind: string
  readonly name: string
  readonly sinceMs: number | null
  /** 'log': it retains the log. 'stream': the stream shows nothing that is later than what the blocker has reached. */
  readonly holds: 'log' | 'stream'
  /** How much of the log it retains; null: the database does not report it. */
  readonly heldBytes: bigint | null
  readonly details: JsonObject
  /** How to end the blocker. */
  readonly fix: readonly Fix[]
}

export type Resume =
  /**
   * A reader can continue without loss; `why` is the proof. This also covers a log that now begins after the offset when nothing was
   * between the two: the reader then moves the offset itself, by a progress event with that proof.
   */
  | { readonly can: 'yes'; readonly as: 'same server' | 'promoted'; readonly why: string }
  | {
      readonly can: 'no'
      /** The fields of the error that the reader would throw. */
      readonly code: ErrorCode
      readonly message: string
      readonly found: string | null
      readonly expected: string | null
      readonly details: JsonObject
      readonly choices: readonly Fix[]
      /** The same for people, with what is missing. Absent where the position is not lost but currently cannot be read from. */
      readonly loss?: Loss
      /** true: the open stream skips committed rows without delivering them, so the connector ends it immediately. */
      readonly stop: boolean
    }
  | { readonly can: 'unknown' /** What would show it. */; readonly fix: StatementFix }

/**
 * Which server's log it is. Figures of two inspections give a rate only within one `run`, which is this server since its last start. What
 * is known about the load stays valid while `system` is the same; a failover does not change it.
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
  /** Bytes that the log has grown by since the server's own origin, for calculating rates; null: unknown. */
  readonly writtenBytes: bigint | null
  /** Bytes of log that are retained for this source. */
  readonly heldBytes: bigint | null
  /**
   * `yes` wherever `lagBytes` or `lagMs` is above 0. Without an offset, it refers to the position that the server keeps for the source.
   * `no` also where the log has grown, if the database shows that there is nothing in it to deliver.
   */
  readonly behind: Behind
  /** Bytes of log between the offset and the head; null: unknown, or the database does not measure its log in bytes. */
  readonly lagBytes: bigint | null
  /** Time between the commits at the offset and at the head, by the database's clock; null: unknown. */
  readonly lagMs: number | null
  readonly limits: readonly Limit[]
  readonly blockers: readonly Blocker[]
  readonly resume: Resume
  /** Why the next layer 2 heartbeat could not be written; null: no obstacle was found, or Offbeat does not write it. */
  readonly unwritable: BrokenHop | null
  /** Absent: the tables were not inspected. */
  readonly tables?: TableGaps
  /** What we lack the permission to see, each with the grant that would show it. */
  readonly unseen: readonly { readonly what: string; readonly fix: Fix }[]
}
