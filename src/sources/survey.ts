/** The input for the configuration that `offbeat init` proposes: one inspection of a database, with whatever user could log in. */
export interface Survey {
  /** The kind that the source needs, if the server turned out to be of another one that the same URL can name. */
  readonly kind?: string
  /** e.g. 'PostgreSQL 18.1'. */
  readonly server: string
  /** The inspected server accepts no writes: it is a standby, or the user or the server is set to read-only. */
  readonly readOnly: boolean
  /** The user has so many privileges that the connector should have a user of its own. */
  readonly administrator: boolean
  /** In the form of `tables`, sorted. */
  readonly tables: readonly string[]
  /** Rows changed per second, on average since the server's statistics began; null: not known. */
  readonly changesPerSecond: number | null
  /** The scheduler for the read-only form is available on this server. */
  readonly scheduler: boolean
  /** The heartbeat table exists under its default name. */
  readonly heartbeat: boolean
  /** Other keys that the source's entry needs, besides its URL and its tables, e.g. a replication slot with another name. */
  readonly settings: Readonly<Record<string, string>>
  /** What the user should know, one sentence each. */
  readonly remarks: readonly string[]
}
