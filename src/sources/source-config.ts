import type { Secret } from '../model/secret.ts'
import type { DiskConfig } from './disk-schema.ts'

/** What every source's configuration has, whatever the database. Durations in milliseconds. */
export interface SourceConfig {
  readonly kind: string
  readonly connection: ConnectionConfig
  /** Patterns as written; empty: all tables. */
  readonly tables: readonly string[]
  readonly exclude: readonly string[]
  readonly truncates: boolean
  /** true: not one writing statement is ever sent on this connection. */
  readonly readOnly: boolean
  /** With `readOnly`: where the scheduled job can be checked, and where `offbeat beat` writes as a job; null: on the connection itself, if anywhere. */
  readonly primary: ConnectionConfig | null
  readonly heartbeat: HeartbeatConfig
  /** The volume that the log lies on; null: its size is not known. */
  readonly disk: DiskConfig | null
  /** How messages are written; absent: all as by default. */
  readonly envelope?: EnvelopeConfig
  /** What no other source of the same kind may use too: the key that names it, and its identity on its server. */
  readonly exclusive?: readonly { readonly key: string; readonly id: string }[]
}

/** Options of the message's form, under the names of Debezium. Those of its types of values are in the configuration of each source. */
export interface EnvelopeConfig {
  readonly tombstonesOnDelete: boolean
  readonly provideTransactionMetadata: boolean
}

export interface ConnectionConfig {
  /** In the order to be tried; without a port where DNS gives it. */
  readonly hosts: readonly { readonly host: string; readonly port: number | null }[]
  /** null: none was given, or the connection is to the whole server. */
  readonly database: string | null
  readonly user: string | null
  readonly password: Secret | null
  /** A file that holds the password, absolute once loaded: read again for each connection. `password` is what it held when loaded. */
  readonly passwordFile?: string
  /** The URL's parameters that are the source's own; absent: none. */
  readonly parameters?: Readonly<Record<string, string>>
  readonly tls: TlsConfig
}

export interface TlsConfig {
  readonly mode: 'disable' | 'require' | 'verify-ca' | 'verify-full'
  /** Paths of PEM files. */
  readonly ca: string | null
  readonly cert: string | null
  readonly key: string | null
  readonly servername: string | null
}

/**
 * Who writes the pulse, and how. `table`: we update the heartbeat row; `message`: we write a transactional logical message; `job`: a
 * scheduled job on the primary updates the row and we write nothing; `off`: nobody does.
 */
export type HeartbeatMode = 'table' | 'message' | 'job' | 'off'

/** Who runs the job of mode `job`: the scheduler of the database, or something outside of it, such as cron or a Kubernetes CronJob. */
export type JobRunner = 'database' | 'external'

export interface HeartbeatConfig {
  /** Layer 1; null: off. */
  readonly connector: { readonly intervalMs: number } | null
  /** Layer 2. */
  readonly source: {
    readonly mode: HeartbeatMode
    /** null in every mode but `job`. */
    readonly by: JobRunner | null
    readonly intervalMs: number
    readonly schema: string
    readonly table: string
    /** Deliver the heartbeat table's own changes like any table's. */
    readonly deliver: boolean
  }
}
