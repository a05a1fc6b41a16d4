import { type Fix, inDatabase, inShell } from '../../../../model/fix.ts'
import { RowTrace, type SilenceCause } from '../../../heartbeat/row-trace.ts'
import type { Silence } from '../../../source.ts'
import type { PostgresqlConfig } from '../../config.ts'
import type { PostgresConnection, StatementOptions } from '../../connect/connection.ts'
import { TABLE_OWNER } from '../../connect/fix-runner.ts'
import { quoteIdentifier } from '../../connect/quoting.ts'
import { sqlstateOf } from '../../errors/sqlstate.ts'
import { heartbeatTableName, insertHeartbeatRow } from '../heartbeat-table.ts'

/** Of the row that a scheduled job updates. */
export function jobTrace(
  config: PostgresqlConfig,
  source: string,
  cause: SilenceCause<PostgresConnection>,
): RowTrace<PostgresConnection> {
  const row = {
    version: async (connection: PostgresConnection, signal: AbortSignal) => {
      try {
        return (await rowVersion(connection, config, { signal })) ?? noRow(config)
      } catch (error) {
        return unreadable(error, { config, source, role: connection.role })
      }
    },
  }
  return new RowTrace({ row, cause, intervalMs: config.heartbeat.source.intervalMs })
}

function noRow(config: PostgresqlConfig): Silence {
  return {
    found: `${heartbeatTableName(config)} has no row with id 1 for the job to update`,
    fix: [here(config, insertHeartbeatRow(config))],
  }
}

function unreadable(
  error: unknown,
  { config, source, role }: { readonly config: PostgresqlConfig; readonly source: string; readonly role: string },
): Silence {
  const [name, user] = [heartbeatTableName(config), quoteIdentifier(role)]
  switch (sqlstateOf(error)) {
    case '42P01':
    case '3F000':
      return {
        found: `there is no table ${name} on the server that is read`,
        fix: [inShell(`offbeat setup ${source} --read-only`)],
      }
    case '42501':
      return { found: `${user} cannot read ${name}`, fix: [here(config, `GRANT SELECT ON ${name} TO ${user}`)] }
    default:
      throw error
  }
}

function here({ connection }: PostgresqlConfig, text: string): Fix {
  return inDatabase(text, TABLE_OWNER, { at: connection.database })
}

/** Another one after each change of the row; null: there is none. */
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
