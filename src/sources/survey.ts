/** What `offbeat init` proposes a configuration from: one inspection of a database, with whatever user could log in. */
export interface Survey {
  /** e.g. 'PostgreSQL 18.1'. */
  readonly server: string
  /** Nothing can be written on the inspected server: a standby, or a user or a server set to read only. */
  readonly readOnly: boolean
  /** The user may do so much that a connector should have one of its own. */
  readonly administrator: boolean
  /** As `tables` takes them, in order. */
  readonly tables: readonly string[]
  /** Rows changed a second, on average since the server's statistics began; null where that is not known. */
  readonly changesPerSecond: number | null
  /** The scheduler of the read-only form can be had on this server. */
  readonly scheduler: boolean
  /** The heartbeat table by its default name is there. */
  readonly heartbeat: boolean
  /** What the source needs beside its URL and its tables, e.g. a replication slot of another name; keys of its entry. */
  readonly settings: Readonly<Record<string, string>>
  /** What a person should know, a sentence each. */
  readonly remarks: readonly string[]
}
