import { OffbeatError } from '../../../model/error.ts'
import { unreachable } from '../../../model/unreachable.ts'
import { FIRST_POSITION, LARGEST_POSITION, type LogFilePosition, logFileName } from '../position/log-file.ts'
import { mariadbGtidListText } from '../position/mariadb-gtid-list.ts'
import type { LogStart } from '../resume/opening.ts'
import { type FileStart, fileDump, gtidDump } from './dump-command.ts'

/** How the log is requested from a position on. */
export interface DumpStart {
  readonly command: Buffer
  /** MariaDB: the last GTID of each domain that was read. null: start by file and position, or MySQL. */
  readonly connectState: string | null
  /** The file and position where the stream begins. null: the server chooses them. */
  readonly fileStart: FileStart | null
}

export function dumpStart(start: LogStart, serverId: number): DumpStart {
  switch (start.by) {
    case 'file':
      return byFile(start.filePosition, serverId)
    case 'mysql gtids':
      return { command: gtidDump(start.gtids, serverId), connectState: null, fileStart: null }
    case 'mariadb gtids': {
      const command = fileDump({ file: '', position: FIRST_POSITION }, serverId)
      return { command, connectState: mariadbGtidListText(start.gtids), fileStart: null }
    }
    default:
      return unreachable(start)
  }
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
