import type { Clock } from '../model/clock.ts'
import type { Logger } from '../model/logger.ts'
import type { Offset } from '../model/offset.ts'
import type { SideLogState, SideState, SideSummary } from './side-state.ts'

/** What the demo needs of a database: a server with a quiet database, which two readers read, and a busy one. */
export interface DemoStage extends AsyncDisposable {
  /** For example `PostgreSQL 18.4`. */
  readonly title: string
  readonly port: number
  /** A folder that is deleted with the server. */
  readonly folder: string
  readonly pace: DemoPace
  readonly words: StageWords
  /** The source's entry in a configuration for this reader, without the heartbeats, which are added to it. */
  entry(side: Side): Readonly<Record<string, unknown>>
  /** Inspects the server once, as an administrator. The offsets are what the readers have stored: null before the first one. */
  inspect(offsets: Readonly<Record<Side, Offset | null>>): Promise<StageState>
  /** Inserts one row into the watched table of the quiet database. */
  insertRow(): Promise<void>
  /** Makes the server remove the log that is no longer needed. It would do so by itself a little later. */
  settle(): Promise<void>
  readonly busy: BusyDatabase
}

/** Resolves when everything is started and prepared. If the signal aborts before that, it stops what it has started and rejects. */
export type OpenStage = (options: StageOptions) => Promise<DemoStage>

export interface StageOptions {
  readonly env: NodeJS.ProcessEnv
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
  /** Called once, as soon as it is known what is started. */
  readonly starting: (title: string) => void
}

export type Side = 'guarded' | 'unguarded'

/** How the demo compresses time. */
export interface DemoPace {
  readonly beatIntervalMs: number
  readonly settleIntervalMs: number
  readonly bytesPerSecond: number
  /** A runway below this is at risk. */
  readonly atRiskMs: number
  /** When both readers are stopped and started again. null: never. */
  readonly restart: RestartPace | null
}

export interface RestartPace {
  /** How long after the unguarded position is found to be lost. */
  readonly afterLostMs: number
  /** How long both readers are stopped. */
  readonly downMs: number
}

/** The demo's text that differs between databases. */
export interface StageWords {
  /** The server's name for each reader, for example `slot offbeat_demo`. */
  readonly reader: Readonly<Record<Side, string>>
  /** When the unguarded reader moves its position. At most 36 characters are visible in 80 columns. */
  readonly unguardedReader: string
  /** What the bars show. `limit` is their full height: bytes, or seconds. */
  readonly chart: { readonly of: 'held' | 'runway'; readonly limit: number }
  /** The rows above the verdict. The first one is the title of the chart. */
  rows(side: SideState): readonly SideRow[]
  /** One reader in a line for a pipe. */
  line(side: SideState): string
  /** One reader at the end. */
  summary(side: SideSummary): string
  /** When the server removes its log: one or two sentences. */
  readonly rules: string
}

export interface SideRow {
  readonly label: string
  readonly value: string
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
  /** All files of the log, for example `pg_wal 160 MB in 10 files`. */
  readonly logOnDisk: string
  /** Does not include a reader whose position is not known yet. */
  readonly sides: Readonly<Partial<Record<Side, SideLogState>>>
}
