import type { StatementFix } from '../../src/model/fix.ts'
import type { Offset } from '../../src/model/offset.ts'
import type { BeatFailure } from '../../src/sources/heartbeat/heartbeat-row.ts'
import type { SourceRegistry } from '../../src/sources/source-registry.ts'

/*
 * What a database must provide to be tested against the contracts of `src/sources/`. Read in this order: Stage (what the suites need to
 * know about a kind, with a part for each part of its definition), StageDatabase (what they do to one database). `source-suites.ts` runs a
 * suite for each part.
 */

export interface Stage<Database extends StageDatabase = StageDatabase> {
  /** For example 'postgresql 18'. */
  readonly name: string
  readonly kind: string
  /** Whether the kind has privileges for monitoring only. The user of a prepared database has none of them. */
  readonly hasMonitoring: boolean
  /** Opens a database that is prepared for its connector. The heartbeat table has no row yet, and no reader has begun. */
  open(): Promise<Database>
  /** Present exactly if the definition has `reader`. The same holds for the parts below. */
  readonly reader?: ReaderStage<Database>
  /** Present if a heartbeat of mode `table` can be written. */
  readonly beat?: BeatStage<Database>
  readonly setup?: SetupStage<Database>
  readonly doctor?: DoctorStage<Database>
}

/** A change of the watched table `item`. Its key is the integer `id`. */
export type RowChange = { readonly insert: number } | { readonly update: number } | { readonly delete: number }

/**
 * One database with two identical tables: `item`, which is watched, and `unwatched`. Each call returns when the database has committed the
 * change. Disposing removes the database, and what the server keeps for its readers.
 */
export interface StageDatabase extends AsyncDisposable {
  /**
   * Its entry in `offbeat.yaml`, including `kind`. The user can do only what a connector needs, and its password is in `url`. Layer 2 has
   * the mode `table` if the kind supports it.
   */
  readonly entry: Readonly<Record<string, unknown>>
  /** Loads the entry's kind. */
  readonly sources: SourceRegistry
  /** The URL for `--admin`. */
  readonly adminUrl: string
  /** Commits one transaction with these changes in this order. */
  commit(changes: readonly RowChange[]): Promise<void>
  /** Commits one transaction that inserts a row into `unwatched`. */
  commitElsewhere(): Promise<void>
  /** Runs a statement as an administrator, in the database's own client or in the same way. */
  run(statement: StatementFix): Promise<void>
  /** Ends the connections of the entry's user. Returns when they have ended. */
  cut(): Promise<void>
  /** Everything that setup, a fix, a heartbeat or a new position on the server would change, in any comparable form. */
  fingerprint(): Promise<unknown>
}

export interface ReaderStage<Database> {
  /** Opens the database of the reader's tests, which remove its log. Absent: the same as the stage's. */
  open?(): Promise<Database>
  /** Begins a transaction that inserts these ids into `item`, and leaves it open. */
  begin(database: Database, ids: readonly number[]): Promise<OpenTransaction>
  /** Makes the log continue in a new file. Absent: the database has no log files. */
  rotate?(database: Database): Promise<void>
  /**
   * Returns an offset, similar to this one, that the server cannot continue from: the same offset after its log was removed (a dropped
   * slot, purged binlogs), or an offset before the start of the log if a test cannot remove the log.
   */
  lose(database: Database, offset: Offset): Promise<Offset>
}

export interface OpenTransaction {
  commit(): Promise<void>
  rollback(): Promise<void>
}

export interface BeatStage<Database> {
  /** The number of rows in the heartbeat table. */
  rows(database: Database): Promise<number>
  /** Inserts the first row with a text that is not a nonce, and changes its time, as setup and a job do. */
  job(database: Database): Promise<void>
  /** The connector's own write creates the table, so it is never missing. */
  readonly createsTable?: true
  /** This server does not show the privileges of a user, so an inspection cannot find that one is missing. */
  readonly hidesPrivileges?: true
  /**
   * Ways to make a heartbeat fail, by the code of the failure. The printed statements must fix them. HEARTBEAT_DENIED must be among them,
   * and HEARTBEAT_TABLE_MISSING unless `createsTable`.
   */
  readonly obstacles: { readonly [Code in BeatFailure]?: (database: Database) => Promise<void> }
}

export interface SetupStage<Database> {
  /** Opens a database with the two tables and nothing else: the entry's user does not exist. */
  open(): Promise<Database>
  /** Pastes a script into the database's own client, as an administrator. null: the client is not installed. */
  readonly paste: ((database: Database, script: string) => Promise<void>) | null
}

export interface DoctorStage<Database> {
  /** See `BeatStage`. */
  readonly hidesPrivileges?: true
  /**
   * What the doctor must find in a database that is broken in this way, and what its printed statements fix. HEARTBEAT_TABLE_MISSING and,
   * unless `hidesPrivileges`, HEARTBEAT_DENIED must be among them. All other checks have rows in the tests of the kind.
   */
  readonly problems: readonly Problem<Database>[]
}

export interface Problem<Database> {
  /** The id of the check, without the kind before the dot. */
  readonly id: string
  readonly code: string
  make(database: Database): Promise<void>
}
