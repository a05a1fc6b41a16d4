import type { SourceConfig } from '../../sources/source-config.ts'

/**
 * The configuration of the connection that a job outside the database writes on: a connection to the primary, as mode `table` would use.
 * The source's own connection does not change: with `readOnly` it sends no statement that writes. null: no connection is allowed to write.
 */
export function jobBeatConfig(config: SourceConfig): SourceConfig | null {
  const { primary, readOnly, heartbeat } = config
  if (primary === null && readOnly) return null
  return {
    ...config,
    readOnly: false,
    connection: primary ?? config.connection,
    primary: null,
    heartbeat: { ...heartbeat, source: { ...heartbeat.source, mode: 'table', by: null } },
  }
}
