import type { SourceConfig } from '../../sources/source-config.ts'

/**
 * The configuration of the connection that a job outside the database writes on: to the primary, as mode `table` would write. The source's
 * own connection stays as it is: with `readOnly` it sends no writing statement. null: there is no connection that is allowed to write.
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
