import type { StatementFix } from '../../src/model/fix.ts'
import type { Offset } from '../../src/model/offset.ts'
import type { BeatFailure } from '../../src/sources/heartbeat/heartbeat-row.ts'
import type { SourceRegistry } from '../../src/sources/source-registry.ts'

/*
 * What a database brings to be held to the contracts of `src/sources/`. Read in this order: Stage (what the suites are told of a kind, a
 * part for each part of its definition), StageDatabase (what they do to one database). `source-suites.ts` runs a suite for each part.
 */

export interface Stage<Database extends StageDatabase = StageDatabase> {
  /** e.g. 'postgresql 18'. */
  readonly name: string
  readonly kind: string
  /** There are privileges that are for monitoring alone; the user of a prepared database has none of them. */
  readonly hasMonitoring: boolean
  /** A database that is prepared for its connector. The heartbeat table has no row yet, and no reader has begun. */
  open(): Promise<Database>
  /** A definition with `reader` has it, and no other; so with the parts below. */
  readonly reader?: ReaderStage<Database>
  /** Where a heartbeat of mode `table` can be written. */
  readonly beat?: BeatStage<Database>
  readonly setup?: SetupStage<Database>
  readonly doctor?: DoctorStage<Database>
}

/** A change of the watched table `item`, whose key is the integer `id`. */
export type RowChange = { readonly insert: number } | { readonly update: number } | { readonly delete: number }

/**
 * One database, with two tables that are alike: `item`, which is watched, and `unwatched`. Each call returns when the database has committed
 * it. Disposing removes the database, and what the server keeps for its readers.
 */
export interface StageDatabase extends AsyncDisposable {
  /**
   * Its entry in `offbeat.yaml`, `kind` included: of a user who can do what a connector needs and nothing more, with the password in `url`.
   * Layer 2 is of mode `table` where it has that mode.
   */
  readonly entry: Readonly<Record<string, unknown>>
  /** Loads the entry's kind. */
  readonly sources: SourceRegistry
  /** As `--admin` takes it. */
  readonly adminUrl: string
  /** One transaction with these changes in this order. */
  commit(changes: readonly RowChange[]): Promise<void>
  /** One transaction that inserts a row into `unwatched`. */
  commitElsewhere(): Promise<void>
  /** Runs a statement as an administrator, in the database's own client or as it does. */
  run(statement: StatementFix): Promise<void>
  /** Ends the connections of the entry's user; returns when they have ended. */
  cut(): Promise<void>
  /** All that a set-up, a fix, a heartbeat or a new position on the server would change, in any form that can be compared. */
  fingerprint(): Promise<unknown>
}

export interface ReaderStage<Database> {
  /** Begins a transaction that inserts these ids into `item`, and leaves it open. */
  begin(database: Database, ids: readonly number[]): Promise<OpenTransaction>
  /** The log goes on in a new file; absent: the database has no such thing. */
  rotate?(database: Database): Promise<void>
  /**
   * Gives an offset like this one that the server cannot continue from: the same one after its log was removed (a dropped slot, purged
   * binlogs), or one of before the log begins where a log cannot be removed in a test.
   */
  lose(database: Database, offset: Offset): Promise<Offset>
}

export interface OpenTransaction {
  commit(): Promise<void>
  rollback(): Promise<void>
}

export interface BeatStage<Database> {
  /** How many rows the heartbeat table has. */
  rows(database: Database): Promise<number>
  /** Inserts the first row with a text that is no nonce, and changes its time, as set-up and a job do. */
  job(database: Database): Promise<void>
  /**
   * What makes a heartbeat fail, by the code of the failure, where the statements that are printed fix it. HEARTBEAT_TABLE_MISSING and
   * HEARTBEAT_DENIED must be among them.
   */
  readonly obstacles: { readonly [Code in BeatFailure]?: (database: Database) => Promise<void> }
}

export interface SetupStage<Database> {
  /** A database with the two tables and nothing else: the entry's user does not exist. */
  open(): Promise<Database>
  /** Pastes a script into the database's own client, as an administrator; null: the client is not on this machine. */
  readonly paste: ((database: Database, script: string) => Promise<void>) | null
}

export interface DoctorStage<Database> {
  /**
   * What the doctor must find in a database that is broken so, and whose printed statements fix it. HEARTBEAT_TABLE_MISSING and HEARTBEAT_DENIED
   * must be among them; each check has a row of its own in the tests of the kind.
   */
  readonly sicknesses: readonly Sickness<Database>[]
}

export interface Sickness<Database> {
  /** Of the check, without the kind before its dot. */
  readonly id: string
  readonly code: string
  make(database: Database): Promise<void>
}
