import { inDatabase, type StatementFix } from '../../../model/fix.ts'
import type { TextRow } from '../../connect/text-row.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { quoteAccount } from '../connect/quoting.ts'
import { atLeast } from '../connect/server-version.ts'
import { isDenied } from '../errors/denied.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import { type LogFilePosition, logFileName, parseLogFile } from '../position/log-file.ts'

/** One file of the binary log. */
export interface LogFile {
  readonly name: string
  readonly bytes: number
}

/** The files of the binary log, oldest first, and the position of its end. */
export interface LogFiles {
  readonly files: readonly LogFile[]
  /** null: the server reports no end. */
  readonly end: LogFilePosition | null
}

/** null: the user lacks the privilege, which is the same for the files and for the end of the log. */
export async function readLogFiles(connection: MysqlConnection, signal: AbortSignal): Promise<LogFiles | null> {
  try {
    // The end first: then it lies in one of the files.
    const status = await logStatus(connection, signal)
    const files = await connection.query('SHOW BINARY LOGS', [], { signal })
    const end = parseLogFile(status?.['File'] ?? '')
    return {
      files: files.map((row) => ({ name: row['Log_name'] ?? '', bytes: Number(row['File_size'] ?? 0) })),
      end: end === null ? null : { ...end, offset: Number(status?.['Position'] ?? 0) },
    }
  } catch (error) {
    if (isDenied(error)) return null
    throw error
  }
}

/** The end of the log and its filters. null: the server writes no log. Needs the same privilege as the list of the files. */
export async function logStatus(connection: MysqlConnection, signal: AbortSignal): Promise<TextRow | null> {
  const [status] = await connection.query(logStatusStatement(connection), [], { signal })
  return status ?? null
}

/** MySQL removed SHOW MASTER STATUS in 8.4; MariaDB has only that one. */
export function logStatusStatement({ version }: MysqlConnection): string {
  return version.product === 'mysql' && atLeast(version, [8, 2]) ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS'
}

/** The GRANT statement that lets the user list the log files. */
export function monitorGrant({ account, version }: MysqlConnection): StatementFix {
  const privilege = version.product === 'mysql' ? 'REPLICATION CLIENT' : 'BINLOG MONITOR'
  return inDatabase(`GRANT ${privilege} ON *.* TO ${quoteAccount(account.user, account.host)}`, ADMINISTRATOR)
}

/** The GRANT statement that lets the user read the log. */
export function replicationGrant({ account }: MysqlConnection): StatementFix {
  return inDatabase(`GRANT REPLICATION SLAVE ON *.* TO ${quoteAccount(account.user, account.host)}`, ADMINISTRATOR)
}

/** The number of bytes in the log after the position. null: the position's file does not exist. */
export function bytesAfter(position: LogFilePosition, { files }: Pick<LogFiles, 'files'>): number | null {
  const at = files.findIndex(({ name }) => name === logFileName(position))
  if (at < 0) return null
  return Math.max(0, bytesFrom(at, { files }) - position.offset)
}

/** The number of bytes from the start of the file with this index. */
export function bytesFrom(index: number, { files }: Pick<LogFiles, 'files'>): number {
  return files.slice(index).reduce((sum, { bytes }) => sum + bytes, 0)
}
