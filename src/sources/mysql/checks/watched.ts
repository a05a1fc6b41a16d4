import { usesTable } from '../../heartbeat/finding.ts'
import type { QualifiedName } from '../connect/quoting.ts'
import { watchedTables } from '../tables/watched-table.ts'
import type { Evidence } from './evidence/evidence.ts'
import type { WatchableTable } from './evidence/watchable-table.ts'

/** The watched tables that the user can see, without the heartbeat table. */
export function watchedOf({ watchable, config }: Pick<Evidence, 'watchable' | 'config'>): readonly WatchableTable[] {
  const { schema, table } = config.heartbeat.source
  const isWatched = watchedTables(config)
  return watchable.filter(({ database, name }) => isWatched(database, name) && !(database === schema && name === table))
}

/** The heartbeat table, if heartbeats use one. */
export function heartbeatOf({ config }: Pick<Evidence, 'config'>): readonly QualifiedName[] {
  const { source } = config.heartbeat
  return usesTable(source) ? [{ database: source.schema, name: source.table }] : []
}
