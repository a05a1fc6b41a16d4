/** What the demo needs of a database: a server with a quiet database, which two readers read, and a busy one. */
export interface DemoStage extends AsyncDisposable {
  /** e.g. `PostgreSQL 18.4`. */
  readonly title: string
  readonly port: number
  /** A folder that is deleted with the server. */
  readonly folder: string
  readonly words: StageWords
  /** The source's entry in a configuration for this reader; the heartbeats are added to it. */
  entry(side: Side): Readonly<Record<string, unknown>>
  /** One inspection of the server, as an administrator. */
  look(): Promise<StageState>
  /** Inserts one row into the watched table of the quiet database. */
  insertRow(): Promise<void>
  /** Lets the server remove the log that nobody needs any more, as it would by itself a little later. */
  settle(): Promise<void>
  readonly busy: BusyDatabase
}

/** Everything is started and prepared when it resolves; `limitBytes`: how much log the server keeps for one reader. */
export type OpenStage = (options: StageOptions) => Promise<DemoStage>

export interface StageOptions {
  readonly env: NodeJS.ProcessEnv
  readonly limitBytes: number
}

export type Side = 'guarded' | 'unguarded'

/** The database's own terms, for the picture. */
export interface StageWords {
  /** The log on the disk, e.g. `pg_wal`. */
  readonly log: string
  /** What the server keeps for a reader, e.g. `retained by the slot`. */
  readonly held: string
  /** What the server knows each reader by, e.g. `slot offbeat_demo`. */
  readonly reader: Readonly<Record<Side, string>>
}

/** A table that nobody watches. */
export interface BusyDatabase {
  /** How much log the whole server has written since its origin. */
  writtenBytes(): Promise<number>
  /** Inserts rows of about a thousand bytes each. */
  insertRows(count: number): Promise<void>
  /** Empties the table, so that only the log grows. */
  empty(): Promise<void>
}

export interface StageState {
  /** The end of the log. */
  readonly head: string
  readonly writtenBytes: number
  /** All files of the log, those created in advance included. */
  readonly disk: FilesOnDisk
  /** A reader that the server does not know yet is missing. */
  readonly sides: Readonly<Partial<Record<Side, SideLogState>>>
}

export interface SideLogState {
  /** The log that is kept for this reader; 0 when the server has removed it. */
  readonly heldBytes: number
  readonly acknowledged: string
  readonly disk: FilesOnDisk
}

export interface FilesOnDisk {
  readonly files: number
  readonly bytes: number
}
