/** Where changes and heartbeats are delivered, from the configuration. Loaded paths are absolute. */
export type SinkConfig = SqliteSinkConfig | StdoutSinkConfig | DiscardSinkConfig

export interface SqliteSinkConfig {
  readonly kind: 'sqlite'
  /** The file with topics, offsets and journal. */
  readonly path: string
  /** Messages beyond either limit are deleted, oldest first. */
  readonly retain: { readonly ageMs: number; readonly messages: number }
}

/** A sink that stores nothing, with the SQLite file that stores offsets and journal for it. */
export interface DiscardSinkConfig {
  readonly kind: 'discard'
  readonly offsets: string
}

export interface StdoutSinkConfig {
  readonly kind: 'stdout'
  readonly offsets: string
  /** `message`: one object on each line with topic, key, value and time. `value`: only the value, for readers of Debezium's JSON. */
  readonly format: 'message' | 'value'
  /** Whether layer 1's heartbeats are printed too. */
  readonly heartbeats: boolean
}
