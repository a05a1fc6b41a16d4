import { inDatabase, inShell } from '../../../model/fix.ts'
import type { Silence } from '../../source.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { PUBLISHER } from '../connect/fix-runner.ts'
import { readServerFacts } from '../inspect/server-facts.ts'
import { checkHeartbeat, publishedOf } from '../tables/publication-check.ts'
import { createPublication } from '../tables/publication-statement.ts'
import { heartbeatTableName } from './heartbeat-table.ts'

export interface UnseenBeat {
  readonly config: PostgresqlConfig
  readonly source: string
  readonly connection: PostgresConnection
  readonly signal: AbortSignal
}

/** Why the stream does not deliver a heartbeat row that changes: the publication lacks something, or the stream is behind. Only reads. */
export async function unseenBecause({ config, source, connection, signal }: UnseenBeat): Promise<Silence> {
  const name = heartbeatTableName(config)
  const facts = await readServerFacts(connection, config, { signal })
  const by = facts.standby ? `${PUBLISHER}, on the primary` : PUBLISHER
  const { database } = config.connection
  const published = await publishedOf(connection, config, facts, signal)
  const found = `the row in ${name} changes on the server that is read`
  if (published === null)
    return {
      found: `${found}, and there is no publication ${config.publication} (POSTGRES_PUBLICATION_MISSING)`,
      fix: [inDatabase(createPublication(config, facts.candidates), by, { at: database })],
    }
  const [notice] = checkHeartbeat(published)
  if (notice === undefined)
    return {
      found: `${found}, and ${config.publication} publishes it: the stream is behind`,
      fix: [inShell(`offbeat status ${source}`)],
    }
  const { found: lack = `it is not in ${config.publication}` } = notice.details
  return {
    found: `${found}, and is not in the stream: ${String(lack)} (${notice.code})`,
    fix: (notice.fix ?? []).map((each) => (each.in === 'database' ? { ...each, at: database, by } : each)),
  }
}
