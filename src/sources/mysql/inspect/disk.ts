import { bytesInWords } from '../../../model/figures.ts'
import type { LogOnDisk, SizeOnDisk } from '../../disk-limit.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { bytesFrom, type LogFiles } from './log-files.ts'

/** `log`: null if the user cannot list the files. */
export function logOnDisk(log: LogFiles | null): LogOnDisk {
  if (log === null) return { bytes: 0, isWhole: false, words: 'the size of the binary log is not visible' }
  const bytes = bytesFrom(0, log)
  return { bytes, isWhole: true, words: `the binary log has ${bytesInWords(bytes)}` }
}

export async function tablesOnDisk(connection: MysqlConnection, signal: AbortSignal): Promise<SizeOnDisk> {
  const sql = 'SELECT COALESCE(SUM(DATA_LENGTH + INDEX_LENGTH), 0) AS bytes FROM information_schema.TABLES'
  const [row] = await connection.query(sql, [], { signal })
  const bytes = Number(row?.['bytes'] ?? 0)
  return { bytes, words: `the tables that this user can see have ${bytesInWords(bytes)}` }
}
