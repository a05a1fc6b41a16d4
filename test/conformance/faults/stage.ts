import type { Audited } from '../../support/audited.ts'
import { soaking } from '../../support/environment.ts'
import type { TestedSource } from '../../support/run-once.ts'

/** What the fault suites need to know about a kind of source. */
export interface FaultStage {
  /** For example 'PostgreSQL 18'. */
  readonly name: string
  readonly seed: number
  /** Over how many servers the soak spreads its faults, for a server that gets slow with the size of its log. Absent: 1. */
  readonly soakServers?: number
  /** Why there is no such server. null: there is one. */
  readonly missing: string | null
  /** Opens an audited table. */
  open(): Promise<FaultyDatabase>
  /** On a server of its own. */
  openServer(): Promise<FaultyServer>
}

export interface FaultyDatabase extends Audited {
  readonly server: { readonly host: string; readonly port: number }
  /** Writes `offbeat.yaml`. `port`: that of a proxy. `interval`: between heartbeats. `store`: the path of the store. */
  configure(about: { readonly port?: number; readonly interval?: string; readonly store?: string }): void
  /** The table as another store shows it, whose path is absolute or in the folder. */
  withStore(path: string): Audited
  /** The source `shop`, for a connector in the process of the test. It has heartbeats every half second. */
  readonly source: TestedSource
  /** Inserts many rows in one transaction. */
  insertMany(rows: number, bytes: number): Promise<void>
  /** Makes the server report within seconds that a reader is silent, if that is its setting. */
  shortenTimeouts?(): Promise<void>
}

export interface FaultyServer extends FaultyDatabase {
  /** Ways to end the server. Each returns when it has ended. */
  readonly harms: Readonly<Record<string, () => Promise<void>>>
  /** Lets the server's process do nothing for a while, if it is one process. */
  readonly freeze?: { readonly freeze: () => Promise<void>; readonly thaw: () => Promise<void> }
  /** Ends the server in an orderly way. */
  stop(): Promise<void>
  start(): Promise<void>
  /** Commits something that delivers no row. */
  commitNothing(): Promise<void>
}

/** A seed for each server. */
export function seedsOf({ seed, soakServers = 1 }: FaultStage): readonly number[] {
  return Array.from({ length: soaking ? soakServers : 1 }, (_, server) => seed + 100 * server)
}
