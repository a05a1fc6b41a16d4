import type { MysqlConnection } from '../connect/connection.ts'
import { FIRST_POSITION } from '../position/log-file.ts'
import { type MariadbGtidList, parseMariadbGtidList } from '../position/mariadb-gtid-list.ts'
import type { LogFile } from './log-files.ts'

/** The GTIDs of all transactions before the file, as the server prints them. null: the file is purged, or the server has no GTIDs. */
export async function gtidsBefore(
  connection: MysqlConnection,
  file: string,
  signal: AbortSignal,
): Promise<string | null> {
  return connection.version.product === 'mysql'
    ? await mysqlGtidsBefore(connection, file, signal)
    : await mariadbGtidsAt(connection, { file, position: FIRST_POSITION }, signal)
}

/** The first events of a file are its format and the GTIDs before it. Needs the privilege REPLICATION SLAVE. */
async function mysqlGtidsBefore(
  connection: MysqlConnection,
  file: string,
  signal: AbortSignal,
): Promise<string | null> {
  const rows = await connection.query('SHOW BINLOG EVENTS IN ? LIMIT 4', [file], { signal })
  return rows.find((row) => row['Event_type'] === 'Previous_gtids')?.['Info'] ?? null
}

/** The last GTID of each domain before the position. The server reads the file up to there. null: it does not have the position. */
export async function mariadbGtidsAt(
  connection: MysqlConnection,
  { file, position }: { readonly file: string; readonly position: number },
  signal: AbortSignal,
): Promise<string | null> {
  const sql = 'SELECT BINLOG_GTID_POS(?, CAST(? AS UNSIGNED)) AS gtids'
  const [row] = await connection.query(sql, [file, String(position)], { signal })
  return row?.['gtids'] ?? null
}

/** MariaDB's GTID state at the start of each file, without those that are purged meanwhile. null: the first one is. */
export async function startsOfFiles(
  files: readonly LogFile[],
  before: (file: string) => Promise<string | null>,
): Promise<readonly MariadbGtidList[] | null> {
  const starts: (MariadbGtidList | null)[] = []
  for (const { name } of files) {
    const gtids = await before(name)
    starts.push(gtids === null ? null : parseMariadbGtidList(gtids))
  }
  return starts[0] === null ? null : starts.filter((start) => start !== null)
}
