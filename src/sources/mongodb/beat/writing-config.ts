import type { MongodbConfig } from '../config.ts'

/** The configuration of the connection that heartbeats are written on; null: none of them can write. */
export function writingConfig(config: MongodbConfig): MongodbConfig | null {
  if (!config.readOnly) return config
  return config.primary === null ? null : { ...config, connection: config.primary }
}
