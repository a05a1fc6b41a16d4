/** Where changes and heartbeats go, as the configuration says it. Paths are absolute once loaded. */
export type SinkConfig = SqliteSinkConfig | OutletConfig

export interface SqliteSinkConfig {
  readonly kind: 'sqlite'
  /** The file with topics, offsets and journal. */
  readonly path: string
  /** Messages beyond either bound are deleted, oldest first. */
  readonly retain: { readonly ageMs: number; readonly messages: number }
}

/** A sink without a memory, with the SQLite file that keeps offsets and journal for it. */
export interface OutletConfig {
  readonly kind: 'stdout' | 'discard'
  readonly offsets: string
}
