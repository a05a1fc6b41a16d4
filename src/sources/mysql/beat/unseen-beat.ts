import { type Fix, forPerson, inShell } from '../../../model/fix.ts'
import type { Silence } from '../../source.ts'
import type { MysqlConfig } from '../config.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { isDenied } from '../errors/denied.ts'
import { logStatusStatement } from '../inspect/log-files.ts'
import { setAtStart, setForServer } from '../inspect/server-setting.ts'
import { heartbeatTableName } from './heartbeat-table.ts'
import { readServerWriting } from './server-writing.ts'

export interface UnseenBeat {
  readonly config: MysqlConfig
  readonly source: string
  readonly connection: MysqlConnection
  readonly signal: AbortSignal
}

/** Why the stream does not deliver a heartbeat row that changes on the server that is read. Only reads. */
export async function unseenBecause(about: UnseenBeat): Promise<Silence> {
  const name = heartbeatTableName(about.config)
  const found = `the row in ${name} changes on the server that is read`
  const lack = (await notLogged(about)) ?? (await filtered(about))
  if (lack !== null) return { found: `${found}, and is not in its binary log: ${lack.found}`, fix: lack.fix }
  return {
    found: `${found}, and nothing is seen that keeps it out of the binary log: the stream is behind, or the sessions that write it do not log (sql_log_bin)`,
    fix: [inShell(`offbeat status ${about.source}`)],
  }
}

/** Settings that keep the row out of the log, or log it as a statement. */
async function notLogged({ config, connection, signal }: UnseenBeat): Promise<Silence | null> {
  const rows = await connection.query(
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_bin', 'binlog_format', 'log_replica_updates', 'log_slave_updates')",
    [],
    { signal },
  )
  const settings = new Map(rows.map((row) => [row['Variable_name'] ?? '', row['Value'] ?? '']))
  const format = settings.get('binlog_format')
  if (format !== undefined && format !== 'ROW')
    return { found: `binlog_format = ${format}`, fix: setForServer(config.kind, 'binlog_format', "'ROW'") }
  const updates = settings.has('log_replica_updates') ? 'log_replica_updates' : 'log_slave_updates'
  if (settings.get(updates) !== 'OFF') return null
  const { isReplica } = await readServerWriting(connection, signal)
  return isReplica
    ? { found: `${updates} = OFF: this replica does not log what it applies`, fix: setAtStart(updates, 'ON') }
    : null
}

/** The filters of the server's own log. */
async function filtered({ config, connection, signal }: UnseenBeat): Promise<Silence | null> {
  const { schema } = config.heartbeat.source
  try {
    const [status] = await connection.query(logStatusStatement(connection), [], { signal })
    const listOf = (column: string) => (status?.[column] ?? '').split(',').filter((each) => each !== '')
    const [wanted, ignored] = [listOf('Binlog_Do_DB'), listOf('Binlog_Ignore_DB')]
    if (wanted.length > 0 && !wanted.includes(schema))
      return { found: `binlog_do_db = ${wanted.join(', ')}`, fix: REMOVE_FILTERS }
    return ignored.includes(schema) && wanted.length === 0
      ? { found: `binlog_ignore_db = ${ignored.join(', ')}`, fix: REMOVE_FILTERS }
      : null
  } catch (error) {
    if (isDenied(error)) return null
    throw error
  }
}

const REMOVE_FILTERS: readonly Fix[] = [
  forPerson('remove the lines binlog_do_db and binlog_ignore_db from the option file of the server'),
  forPerson('restart the server'),
]
