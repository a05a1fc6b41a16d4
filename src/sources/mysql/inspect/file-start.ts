import type { MysqlConnection } from '../connect/connection.ts'
import { type MariadbGtidList, parseMariadbGtidList } from '../position/mariadb-gtid-list.ts'
import type { LogFile } from './log-files.ts'

/** MariaDB's GTID state at the start of each file, without those that are purged meanwhile. null: the first one is. */
export async function startsOfFiles(
  files: readonly LogFile[],
  connection: MysqlConnection,
  signal: AbortSignal,
): Promise<readonly MariadbGtidList[] | null> {
  const starts: (MariadbGtidList | null)[] = []
  for (const { name } of files) starts.push(await startOf(connection, name, signal))
  return starts[0] === null ? null : starts.filter((start) => start !== null)
}

/** Position 4 is the first one after the file's magic number. null: the file is purged. */
async function startOf(
  connection: MysqlConnection,
  file: string,
  signal: AbortSignal,
): Promise<MariadbGtidList | null> {
  const [row] = await connection.query('SELECT BINLOG_GTID_POS(?, 4) AS start', [file], { signal })
  const start = row?.['start'] ?? null
  return start === null ? null : parseMariadbGtidList(start)
}
