import { inDatabase } from '../../../model/fix.ts'
import type { BrokenHop } from '../../../model/source-status.ts'
import { address } from '../../connect/server-target.ts'
import { unwritableHop } from '../../heartbeat/heartbeat-row.ts'
import { MYSQL_DEFAULTS, type MysqlConfig } from '../config.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import { readHeartbeatAccess } from './heartbeat-access.ts'
import { grantHeartbeat, heartbeatTableName, heartbeatTableStatements } from './heartbeat-table.ts'

/** Why our user cannot write the heartbeat row, from the catalogue. null: it can, or it is not to write it. */
export async function whyUnwritable(
  connection: MysqlConnection,
  config: MysqlConfig,
  signal: AbortSignal,
): Promise<BrokenHop | null> {
  if (config.heartbeat.source.mode !== 'table' || config.readOnly) return null
  const { table, lacks, account } = await readHeartbeatAccess(connection, config, signal)
  const about = {
    table: heartbeatTableName(config),
    words: MYSQL_DEFAULTS.words,
    location: `the server ${address(connection.target)}`,
    writer: `the user ${connection.target.user}`,
  }
  const create = heartbeatTableStatements(config, account, 'connector').map((text) => inDatabase(text, ADMINISTRATOR))
  if (table === 'missing') return unwritableHop('HEARTBEAT_TABLE_MISSING', about, create)
  if (table === 'hidden') return unwritableHop('HEARTBEAT_DENIED', about, create)
  const needs = lacks.filter((privilege) => privilege !== 'INSERT')
  if (needs.length === 0) return null
  return unwritableHop('HEARTBEAT_DENIED', about, [
    inDatabase(grantHeartbeat(config, account, 'connector'), ADMINISTRATOR),
  ])
}
