import { OffbeatError } from '../../../model/error.ts'
import { RowTrace, type SilenceCause } from '../../heartbeat/row-trace.ts'
import { tracedRow } from '../../heartbeat/traced-row.ts'
import type { MongodbConfig } from '../config.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { grantRole } from '../connect/grant.ts'
import { millisecondsOf, textOf } from '../connect/reply.ts'
import { firstHeartbeat, heartbeatNamespace, insertHeartbeat } from './heartbeat-collection.ts'

/** Follows the document that a job outside the database updates. */
export function jobTrace(
  config: MongodbConfig,
  source: string,
  cause: SilenceCause<MongodbConnection>,
): RowTrace<MongodbConnection> {
  const row = tracedRow<MongodbConnection>({
    name: heartbeatNamespace(config),
    source,
    version: (connection, signal) => documentVersion(connection, config, signal),
    failure: (error) => (error instanceof OffbeatError && error.code === 'DATABASE_PERMISSION' ? 'denied' : null),
    user: ({ target }) => target.user,
    insertRow: () => firstHeartbeat(config, source) ?? insertHeartbeat(config),
    noRow: `${heartbeatNamespace(config)} has no document with _id 1: no heartbeat has been written yet`,
    grantRead: () => grantRole(config, { role: 'read', db: config.heartbeat.source.schema }),
  })
  return new RowTrace({ row, cause, intervalMs: config.heartbeat.source.intervalMs })
}

/** A text that differs after each change of the document; null: there is none, or no collection. */
async function documentVersion(
  connection: MongodbConnection,
  { heartbeat }: MongodbConfig,
  signal: AbortSignal,
): Promise<string | null> {
  const { schema, table } = heartbeat.source
  const find = { find: table, filter: { _id: 1 }, limit: 1, singleBatch: true }
  const { cursor } = await connection.command(schema, find, { signal })
  const [document] = cursor?.firstBatch ?? []
  if (document === undefined) return null
  return `${millisecondsOf(document['last_update'])} ${textOf(document['text'])}`
}
