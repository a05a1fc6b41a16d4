import { type Fix, inShell } from '../../../model/fix.ts'
import type { CheckResult } from '../../check.ts'
import type { Silence } from '../../source.ts'
import type { MysqlConfig } from '../config.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { isDenied } from '../errors/denied.ts'
import { setForServer } from '../inspect/server-setting.ts'
import { heartbeatTableName } from './heartbeat-table.ts'
import { type Channel, readChannels } from './replication/channel.ts'
import { logFilterResult, readLogFilters } from './replication/filter-result.ts'
import { replicaLogResult } from './replication/replication-result.ts'
import { NO_FILTERS } from './replication/table-filter.ts'

export interface UnseenBeat {
  readonly config: MysqlConfig
  readonly source: string
  readonly connection: MysqlConnection
  readonly signal: AbortSignal
}

/** Why the stream does not deliver a heartbeat row that changes on the server that is read. Only reads. */
export async function unseenBecause(about: UnseenBeat): Promise<Silence> {
  const { config, source } = about
  const found = `the row in ${heartbeatTableName(config)} changes on the server that is read`
  const lack = await lackInLog(about)
  if (lack !== null) return { found: `${found}, and is not in its binary log: ${lack.found}`, fix: lack.fix }
  return {
    found: `${found}, and nothing is seen that keeps it out of the binary log: the stream is behind, or the sessions that write it do not log (sql_log_bin)`,
    fix: [inShell(`offbeat status ${source}`)],
  }
}

/** What keeps the row out of the log, or logs it without the row. */
async function lackInLog({ config, connection, signal }: UnseenBeat): Promise<Silence | null> {
  const { heartbeat } = config
  const settings = await readLogSettings(connection, signal)
  const format = settings.get('binlog_format') ?? 'ROW'
  if (format !== 'ROW')
    return {
      found: `binlog_format = ${format} (MYSQL_LOG_FORMAT)`,
      fix: setForServer(connection.version, 'binlog_format', "'ROW'"),
    }
  const table = { database: heartbeat.source.schema, name: heartbeat.source.table }
  const filters = await asFarAsVisible(readLogFilters(connection, signal), NO_FILTERS)
  const channels = await visibleChannels(connection, signal)
  const results = [
    replicaLogResult({ version: connection.version, channels }, settings),
    logFilterResult(filters, [table]),
  ]
  const wrong = results.find((result) => result?.status === 'fail') ?? null
  return wrong === null ? null : silenceOf(wrong)
}

/** Empty: the server is no replica, or we lack the privilege to see it. */
export async function visibleChannels(connection: MysqlConnection, signal: AbortSignal): Promise<readonly Channel[]> {
  return await asFarAsVisible(readChannels(connection, signal), [])
}

async function asFarAsVisible<T>(reading: Promise<T>, hidden: T): Promise<T> {
  try {
    return await reading
  } catch (error) {
    if (isDenied(error)) return hidden
    throw error
  }
}

async function readLogSettings(connection: MysqlConnection, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const rows = await connection.query(
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('binlog_format', 'log_replica_updates', 'log_slave_updates')",
    [],
    { signal },
  )
  return new Map(rows.map((row) => [row['Variable_name'] ?? '', row['Value'] ?? '']))
}

function silenceOf({ found, code, fix }: CheckResult): Silence {
  const plain: readonly Fix[] = fix.map(({ manualBecause: _, ...each }) => each)
  return { found: code === null ? found : `${found} (${code})`, fix: plain }
}
