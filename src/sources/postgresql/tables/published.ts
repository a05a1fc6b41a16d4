import { tableFilter } from '../../table-pattern.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import type { ServerFacts } from '../inspect/server-facts.ts'
import { lookAtTables, type PublicationInput } from './publication-check.ts'

/** The publication with its tables; null: it does not exist. */
export async function publishedOf(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  { publication }: ServerFacts,
  signal: AbortSignal,
): Promise<PublicationInput | null> {
  if (publication === null) return null
  const tables = await lookAtTables(connection, config.publication, { signal })
  const isWatched = tableFilter(config.tables, config.exclude)
  return {
    config,
    role: connection.role,
    publication,
    tables,
    isWatched,
  }
}
