import { OffbeatError } from '../../../model/error.ts'
import type { Position } from '../../../model/position.ts'
import type { MysqlFacts, ServerFacts } from '../inspect/server-facts.ts'
import { type LogFilePosition, logFileName } from '../position/log-file.ts'
import { mariadbGtidListText } from '../position/mariadb-gtid-list.ts'
import { MARIADB_POSITIONS, MYSQL_POSITIONS } from '../position/position.ts'
import { FIRST_POSITION, type FileStart, fileDump, gtidDump } from './dump-command.ts'

/** The command has room for a position of 32 bits. */
export const LARGEST_POSITION = 0xffff_ffff

/** How the log is requested from a position on. */
export interface DumpStart {
  readonly command: Buffer
  /** MariaDB: the last GTID of each domain that was read. null: start by file and position, or MySQL. */
  readonly connectState: string | null
  /** The file and position where the stream begins. null: the server chooses them. */
  readonly fileStart: FileStart | null
}

/** Starts by GTIDs if every transaction has one. */
export function dumpStart(from: Position, facts: ServerFacts, serverId: number): DumpStart {
  if (facts.product === 'mysql') return mysqlStart(from, facts, serverId)
  const gtids = MARIADB_POSITIONS.gtidsOf(from)
  const filePosition = MARIADB_POSITIONS.filePositionOf(from)
  if (gtids.size === 0 && filePosition !== null) return byFile(filePosition, serverId)
  const command = fileDump({ file: '', position: FIRST_POSITION }, serverId)
  return { command, connectState: mariadbGtidListText(gtids), fileStart: null }
}

function mysqlStart(from: Position, { gtidMode }: MysqlFacts, serverId: number): DumpStart {
  const filePosition = MYSQL_POSITIONS.filePositionOf(from)
  if (filePosition !== null && gtidMode !== 'ON') return byFile(filePosition, serverId)
  return { command: gtidDump(MYSQL_POSITIONS.gtidsOf(from), serverId), connectState: null, fileStart: null }
}

function byFile(filePosition: LogFilePosition, serverId: number): DumpStart {
  const start = { file: logFileName(filePosition), position: filePosition.offset }
  if (filePosition.offset > LARGEST_POSITION)
    throw new OffbeatError('POSITION_INVALID', {
      message: `the server cannot be asked for the binary log from ${start.file}:${start.position} on`,
      found: 'an offset of more than 4 GiB in its file',
      expected: 'an offset of at most 4,294,967,295, or GTIDs, with which any position can be asked for',
    })
  return { command: fileDump(start, serverId), connectState: null, fileStart: start }
}
