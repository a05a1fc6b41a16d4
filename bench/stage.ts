import type { MeasuredRun } from './measured-run.ts'
import type { BenchResult } from './result.ts'

/** The profile's log: so many rows in one table, so many in each transaction. */
export interface ThroughputProfile {
  readonly name: string
  readonly rows: number
  readonly rowsPerTransaction: number
}

/** Runs a profile that only this database has. */
export type OwnProfile = (rounds: number, say: (line: string) => void) => Promise<readonly BenchResult[]>

/** What the benchmark needs from a database. */
export interface BenchStage {
  readonly kind: 'postgresql' | 'mysql' | 'mariadb' | 'mongodb'
  /** In the order in which they run, before the profiles `latency` and `idle`, which every database has. */
  readonly throughput: readonly ThroughputProfile[]
  readonly own: ReadonlyMap<string, OwnProfile>
  /** Starts a server for one profile, with an empty table to watch. */
  start(profile: string): Promise<BenchServer>
}

export interface BenchServer extends AsyncDisposable {
  /** The programs that read the same log, in the order in which they run. */
  readonly peers: readonly Peer[]
  /** Writes the log that each subject reads from its beginning. Call it once. */
  write(rows: number, rowsPerTransaction: number): Promise<void>
  /** A start of reading for one run of one subject, named `name`: at the beginning of the log that was written, or at the end of the log. */
  startOf(name: string, at: 'beginning' | 'end'): Promise<LogStart>
  /** The messages of the log that was written, produced by other code than ours. */
  plainHash(start: LogStart): Promise<{ readonly sha256: string; readonly messages: number }>
  /** Resolves when a connector is reading from this start. */
  streaming(start: LogStart): Promise<void>
  /** Opens a session that inserts rows, each with the time just before its commit. */
  writer(): Promise<RowWriter>
  /** Prepares `count` sources that watch something in which nothing happens, as a user would. */
  idleSources(count: number, round: number): Promise<readonly SourceEntry[]>
}

/** A source in `offbeat.yaml`. */
export interface SourceEntry {
  readonly kind: BenchStage['kind']
  readonly [key: string]: unknown
}

/** Disposing removes what the server keeps for it. */
export interface LogStart extends AsyncDisposable {
  readonly name: string
  readonly entry: SourceEntry
  readonly position: string
}

export interface Peer {
  readonly name: string
  /** Reads the whole log that was written, and decodes it. */
  run(start: LogStart): Promise<MeasuredRun>
}

export interface RowWriter extends AsyncDisposable {
  insert(id: number): Promise<void>
}
