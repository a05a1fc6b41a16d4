import type { Behind } from './behind.ts'
import type { Fix } from './fix.ts'
import type { JsonObject } from './json.ts'
import type { MovedBy } from './offset.ts'
import type { PulseHop } from './pulse.ts'
import type { Runway } from './runway.ts'
import type { VerdictName } from './verdict.ts'

/** The hop of layer 2 that is broken, what was found and what to run. */
export interface BrokenHop {
  readonly hop: PulseHop
  readonly code: string
  readonly found: string
  readonly fix: readonly Fix[]
}

/** Somebody who holds the log back. */
export interface BlockerStatus {
  readonly kind: string
  readonly name: string
  readonly since: string | null
  /** null: not known. */
  readonly heldBytes: number | null
  /** true: `heldBytes` is what was written since it began, which is the most that it can hold. */
  readonly heldAtMost: boolean
  readonly details: JsonObject
  readonly fix: readonly Fix[]
}

/** The connector of a source, in a process of its own or of others. */
export interface ConnectorStatus {
  /** A process runs it, whether it streams, starts, or retries. */
  readonly running: boolean
  /** The process that runs it; null: none does. */
  readonly pid: number | null
  /** When that process started it; null: none runs it. */
  readonly since: string | null
  /** When the connector last reported the status of this source; null: never. */
  readonly reportedAt: string | null
  /** The code of the error that stopped it for good; null: it runs, has never run, or was stopped otherwise. */
  readonly failed: string | null
  /** What it retries; null: nothing. */
  readonly retrying: RetryStatus | null
}

/** An error that the connector retries: of its stream, else of its inspections of the database. */
export interface RetryStatus {
  readonly what: 'stream' | 'inspection'
  readonly code: string
  /** Of the last attempt. */
  readonly message: string
  readonly found: string | null
  readonly fix: readonly Fix[]
  /** When the first attempt failed. */
  readonly since: string
  readonly attempts: number
}

/** Tables that the configuration names and of which nothing comes. */
export interface TableGaps {
  /** Entries of `tables` that match no table, with the table of the nearest name; null: none is near. */
  readonly unmatched: readonly { readonly entry: string; readonly meant: string | null }[]
  /** Watched tables that are not published, at most the first 20. */
  readonly notPublished: readonly string[]
  /** How many there are. */
  readonly notPublishedCount: number
}

/** One source of `status --json`; times are ISO 8601. The names are a promise to users' scripts. */
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
    /** Whether the log has anything after the offset. */
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
