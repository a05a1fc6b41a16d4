import type { Behind } from './behind.ts'
import type { Fix } from './fix.ts'
import type { JsonObject } from './json.ts'
import type { MovedBy } from './offset.ts'
import type { PulseHop } from './pulse.ts'
import type { Runway } from './runway.ts'
import type { VerdictName } from './verdict.ts'

/** The broken hop of layer 2, what was found and what to run. */
export interface BrokenHop {
  readonly hop: PulseHop
  readonly code: string
  readonly found: string
  readonly fix: readonly Fix[]
}

/** Something that retains the log. */
export interface BlockerStatus {
  readonly kind: string
  readonly name: string
  readonly since: string | null
  readonly holds: 'log' | 'stream'
  /** null: not known. */
  readonly heldBytes: number | null
  /** true: `heldBytes` is what was written since the blocker began, which is the most that it can retain. */
  readonly heldAtMost: boolean
  readonly details: JsonObject
  readonly fix: readonly Fix[]
}

/** The connector of a source, whichever process runs it. */
export interface ConnectorStatus {
  /** A process runs the connector, whether it is streaming, starting or retrying. */
  readonly running: boolean
  /** The id of the process that runs it; null: none does. */
  readonly pid: number | null
  /** When that process started it; null: no process runs it. */
  readonly since: string | null
  /** When the connector last reported this source's status; null: never. */
  readonly reportedAt: string | null
  /** The code of the error that stopped it permanently; null: it runs, has never run, or was stopped otherwise. */
  readonly failed: string | null
  /** What it is retrying; null: nothing. */
  readonly retrying: RetryStatus | null
}

/** An error that the connector retries: from its stream, or else from its inspections of the database. */
export interface RetryStatus {
  readonly what: 'stream' | 'inspection'
  readonly code: string
  /** The message of the last attempt's error. */
  readonly message: string
  readonly found: string | null
  readonly fix: readonly Fix[]
  /** When the first attempt failed. */
  readonly since: string
  readonly attempts: number
}

/** Tables that the configuration names but that deliver nothing. */
export interface TableGaps {
  /** Entries of `tables` that match no table. */
  readonly unmatched: readonly UnmatchedTable[]
  /** Watched tables that are not published, at most the first 20. */
  readonly notPublished: readonly string[]
  /** How many watched tables are not published in total. */
  readonly notPublishedCount: number
}

export interface UnmatchedTable {
  readonly entry: string
  /** The table whose name is nearest. null: none is close. */
  readonly meant: string | null
  /** What shows tables that match, if there are any that the user does not see. Empty: it sees all. */
  readonly fix: readonly Fix[]
}

/** One source of `status --json`. Times are ISO 8601. The field names are stable, since users' scripts depend on them. */
export interface SourceStatus {
  readonly name: string
  readonly kind: string
  readonly connector: ConnectorStatus
  readonly verdict: VerdictName
  readonly why: string
  readonly offset: {
    readonly position: string
    readonly storedAt: string
    readonly movedBy: MovedBy
    readonly behind: Behind
    readonly lagBytes: number | null
    readonly lagMs: number | null
  } | null
  readonly heartbeat: {
    readonly connector: { readonly at: string | null; readonly intervalMs: number | null }
    readonly source: {
      readonly mode: string
      readonly writtenAt: string | null
      readonly seenAt: string | null
      readonly roundTripMs: number | null
      readonly broken: BrokenHop | null
    }
  }
  readonly runway: Runway
  readonly blockers: readonly BlockerStatus[]
  /** null: the tables could not be inspected. */
  readonly tables: TableGaps | null
  readonly lastChangeAt: string | null
  readonly counts: { readonly changes: number; readonly transactions: number; readonly heartbeats: number }
}
