import { inDatabase } from '../../../../model/fix.ts'
import { RowTrace, type SilenceCause } from '../../../heartbeat/row-trace.ts'
import { tracedRow } from '../../../heartbeat/traced-row.ts'
import type { MysqlConfig } from '../../config.ts'
import type { MysqlConnection } from '../../connect/connection.ts'
import { quoteAccount } from '../../connect/quoting.ts'
import { ADMINISTRATOR } from '../../errors/errors.ts'
import { isTableDenied, isTableMissing } from '../heartbeat-access.ts'
import { heartbeatTableName, insertHeartbeatRow } from '../heartbeat-table.ts'

/** Follows the row that an event updates. */
export function jobTrace(
  config: MysqlConfig,
  source: string,
  cause: SilenceCause<MysqlConnection>,
): RowTrace<MysqlConnection> {
  const name = heartbeatTableName(config)
  const asAdministrator = (text: string) => inDatabase(text, ADMINISTRATOR)
  const user = ({ account }: MysqlConnection) => quoteAccount(account.user, account.host)
  const row = tracedRow<MysqlConnection>({
    name,
    source,
    version: (connection, signal) => rowVersion(connection, config, signal),
    failure: (error) => {
      if (isTableDenied(error)) return 'denied'
      return isTableMissing(error) ? 'no table' : null
    },
    user,
    insertRow: () => asAdministrator(insertHeartbeatRow(config)),
    grantRead: (connection) => asAdministrator(`GRANT SELECT ON ${name} TO ${user(connection)}`),
  })
  return new RowTrace({ row, cause, intervalMs: config.heartbeat.source.intervalMs })
}

/** A value that differs after each change of the row, and is the same on a replica; null: there is no row. */
export async function rowVersion(
  connection: MysqlConnection,
  config: MysqlConfig,
  signal: AbortSignal,
): Promise<string | null> {
  const [row] = await connection.query(
    `SELECT CONCAT_WS(' ', last_update, text) AS version FROM ${heartbeatTableName(config)} WHERE id = 1`,
    [],
    { signal },
  )
  return row?.['version'] ?? null
}
