/** What the demo needs of a database: a server with a quiet database, which two readers read, and a busy one. */
export interface DemoStage extends AsyncDisposable {
  /** For example `PostgreSQL 18.4`. */
  readonly title: string
  readonly port: number
  /** A folder that is deleted with the server. */
  readonly folder: string
  readonly words: StageWords
  /** The source's entry in a configuration for this reader, without the heartbeats, which are added to it. */
  entry(side: Side): Readonly<Record<string, unknown>>
  /** Inspects the server once, as an administrator. */
  inspect(): Promise<StageState>
  /** Inserts one row into the watched table of the quiet database. */
  insertRow(): Promise<void>
  /** Makes the server remove the log that is no longer needed. It would do so by itself a little later. */
  settle(): Promise<void>
  readonly busy: BusyDatabase
}

/** Resolves when everything is started and prepared. `limitBytes`: how much log the server keeps for one reader. */
export type OpenStage = (options: StageOptions) => Promise<DemoStage>

export interface StageOptions {
  readonly env: NodeJS.ProcessEnv
  readonly limitBytes: number
}

export type Side = 'guarded' | 'unguarded'

/** The terms of this database, for the picture. */
export interface StageWords {
  /** The log on disk, for example `pg_wal`. */
  readonly log: string
  /** What the server keeps for a reader, for example `retained by the slot`. */
  readonly held: string
  /** The server's name for each reader, for example `slot offbeat_demo`. */
  readonly reader: Readonly<Record<Side, string>>
}

/** A table that no reader watches. */
export interface BusyDatabase {
  /** How much log the whole server has written since it was created. */
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
  /** All files of the log, including those created in advance. */
  readonly disk: FilesOnDisk
  /** Does not include a reader that the server does not know yet. */
  readonly sides: Readonly<Partial<Record<Side, SideLogState>>>
}

export interface SideLogState {
  /** The log that is retained for this reader. 0: the server has removed it. */
  readonly heldBytes: number
  readonly acknowledged: string
  readonly disk: FilesOnDisk
}

export interface FilesOnDisk {
  readonly files: number
  readonly bytes: number
}
