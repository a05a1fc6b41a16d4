import type { Position } from '../../../model/position.ts'
import { text } from '../../connect/text-row.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { parseLogFile } from '../position/log-file.ts'
import { parseMariadbGtidList } from '../position/mariadb-gtid-list.ts'
import { parseMysqlGtidSet } from '../position/mysql-gtid-set.ts'
import { MARIADB_POSITIONS, MYSQL_POSITIONS } from '../position/position.ts'
import { logStatusStatement } from './log-files.ts'

/** The end of the log alone, without the other facts of an inspection. Throws if the user lacks the privilege to see it. */
export async function readHead(connection: MysqlConnection, signal: AbortSignal): Promise<Position | null> {
  const isMysql = connection.version.product === 'mysql'
  const [row = {}] = await connection.query(
    isMysql
      ? 'SELECT @@GLOBAL.gtid_executed AS gtids, @@GLOBAL.gtid_mode AS mode'
      : 'SELECT @@GLOBAL.gtid_binlog_pos AS gtids',
    [],
    { signal },
  )
  if (!isMysql) return MARIADB_POSITIONS.of(parseMariadbGtidList(text(row, 'gtids')) ?? new Map(), null)
  if (row['mode'] === 'ON') return MYSQL_POSITIONS.of(parseMysqlGtidSet(text(row, 'gtids')) ?? new Map(), null)
  const [status] = await connection.query(logStatusStatement(connection), [], { signal })
  const file = parseLogFile(status?.['File'] ?? '')
  if (status === undefined || file === null) return null
  const gtids = parseMysqlGtidSet(status['Executed_Gtid_Set'] ?? '') ?? new Map()
  return MYSQL_POSITIONS.of(gtids, { ...file, offset: Number(status['Position'] ?? 0) })
}
