import type { Secret } from '../model/secret.ts'
import type { DiskConfig } from './disk-schema.ts'

/** The configuration that all sources have. Durations are in milliseconds. */
export interface SourceConfig {
  readonly kind: string
  readonly connection: ConnectionConfig
  /** Patterns as written; empty: all tables. */
  readonly tables: readonly string[]
  readonly exclude: readonly string[]
  readonly truncates: boolean
  /** true: no statement that writes is ever sent on this connection. */
  readonly readOnly: boolean
  /**
   * With `readOnly`: the connection on which the scheduled job can be checked and `offbeat beat` writes as a job. null: only the source's
   * own connection is available.
   */
  readonly primary: ConnectionConfig | null
  readonly heartbeat: HeartbeatConfig
  /** The volume that has the log; null: its size is not known. */
  readonly disk: DiskConfig | null
  /** The form of messages; absent: all defaults. */
  readonly envelope?: EnvelopeConfig
  /** What no other source of the same kind can use at the same time: the key that names it, its identity on its server, and the reason. */
  readonly exclusive?: readonly { readonly key: string; readonly id: string; readonly because: string }[]
}

/** Options for the form of messages, under Debezium's names. The options for a source's data types are in that source's configuration. */
export interface EnvelopeConfig {
  readonly tombstonesOnDelete: boolean
  readonly provideTransactionMetadata: boolean
}

export interface ConnectionConfig {
  /** In the order in which they are tried. The port is null if DNS gives it. */
  readonly hosts: readonly { readonly host: string; readonly port: number | null }[]
  /** null: none was given, or the connection is to the whole server. */
  readonly database: string | null
  readonly user: string | null
  readonly password: Secret | null
  /**
   * A file with the password. The path is absolute after loading. The file is read again for each connection; `password` is its content at
   * loading.
   */
  readonly passwordFile?: string
  /** The URL parameters that belong to the source itself; absent: none. */
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
 * Who writes the pulse, and how. `table`: we update the heartbeat row. `message`: we write a transactional logical message. `job`: a
 * scheduled job on the primary updates the row and we write nothing. `off`: nobody writes one.
 */
export type HeartbeatMode = 'table' | 'message' | 'job' | 'off'

/** Who runs the job of mode `job`: the scheduler of the database, or something outside it, such as cron or a Kubernetes CronJob. */
export type JobRunner = 'database' | 'external'

export interface HeartbeatConfig {
  /** Layer 1; null: off. */
  readonly connector: { readonly intervalMs: number } | null
  /** Layer 2. */
  readonly source: {
    readonly mode: HeartbeatMode
    /** null in every mode except `job`. */
    readonly by: JobRunner | null
    readonly intervalMs: number
    readonly schema: string
    readonly table: string
    /** Deliver the heartbeat table's own changes like those of any other table. */
    readonly deliver: boolean
  }
}
