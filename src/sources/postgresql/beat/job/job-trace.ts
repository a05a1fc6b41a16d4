import { inDatabase } from '../../../../model/fix.ts'
import type { StatementOptions } from '../../../connect/session-life.ts'
import { RowTrace, type SilenceCause } from '../../../heartbeat/row-trace.ts'
import { tracedRow } from '../../../heartbeat/traced-row.ts'
import type { PostgresqlConfig } from '../../config.ts'
import type { PostgresConnection } from '../../connect/connection.ts'
import { TABLE_OWNER } from '../../connect/fix-runner.ts'
import { quoteIdentifier } from '../../connect/quoting.ts'
import { sqlstateOf } from '../../errors/sqlstate.ts'
import { heartbeatTableName, insertHeartbeatRow } from '../heartbeat-table.ts'

/** Follows the row that a scheduled job updates. */
export function jobTrace(
  config: PostgresqlConfig,
  source: string,
  cause: SilenceCause<PostgresConnection>,
): RowTrace<PostgresConnection> {
  const name = heartbeatTableName(config)
  const here = (text: string) => inDatabase(text, TABLE_OWNER, { at: config.connection.database })
  const user = ({ role }: PostgresConnection) => quoteIdentifier(role)
  const row = tracedRow<PostgresConnection>({
    name,
    source,
    version: (connection, signal) => rowVersion(connection, config, { signal }),
    failure: failureOf,
    user,
    insertRow: () => here(insertHeartbeatRow(config)),
    grantRead: (connection) => here(`GRANT SELECT ON ${name} TO ${user(connection)}`),
  })
  return new RowTrace({ row, cause, intervalMs: config.heartbeat.source.intervalMs })
}

function failureOf(error: unknown): 'no table' | 'denied' | null {
  const sqlstate = sqlstateOf(error)
  if (sqlstate === '42501') return 'denied'
  return sqlstate === '42P01' || sqlstate === '3F000' ? 'no table' : null
}

/** A value that differs after each change of the row; null: there is no row. */
export async function rowVersion(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  options: StatementOptions,
): Promise<string | null> {
  const [row] = await connection.query(
    `SELECT xmin::text || ' ' || ctid::text AS version FROM ${heartbeatTableName(config)} WHERE id = 1`,
    [],
    options,
  )
  return row?.['version'] ?? null
}
