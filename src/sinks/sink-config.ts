/** Where changes and heartbeats go, as the configuration says it. Paths are absolute once loaded. */
export type SinkConfig = SqliteSinkConfig | StdoutSinkConfig | DiscardSinkConfig

export interface SqliteSinkConfig {
  readonly kind: 'sqlite'
  /** The file with topics, offsets and journal. */
  readonly path: string
  /** Messages beyond either bound are deleted, oldest first. */
  readonly retain: { readonly ageMs: number; readonly messages: number }
}

/** A sink without a memory, with the SQLite file that keeps offsets and journal for it. */
export interface DiscardSinkConfig {
  readonly kind: 'discard'
  readonly offsets: string
}

export interface StdoutSinkConfig {
  readonly kind: 'stdout'
  readonly offsets: string
  /** `message`: topic, key, value and time in one object a line; `value`: the value alone, for readers of Debezium's JSON. */
  readonly format: 'message' | 'value'
  /** Whether layer 1's heartbeats are printed too. */
  readonly heartbeats: boolean
}
