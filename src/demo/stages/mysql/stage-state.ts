import type { MysqlProduct } from '../../../local-server/mysql/mysql-binaries.ts'
import { bytesInWords } from '../../../model/figures.ts'
import type { Offset } from '../../../model/offset.ts'
import { bytesAfter, bytesFrom, type LogFiles } from '../../../sources/mysql/inspect/log-files.ts'
import {
  type LogFilePosition,
  logFileName,
  logFilePositionText,
  parseLogFile,
} from '../../../sources/mysql/position/log-file.ts'
import { filePositionOf } from '../../../sources/mysql/resume/file-position.ts'
import type { SideLogState } from '../../side-state.ts'
import type { Side, StageState } from '../../stage.ts'
import type { MeteredLog } from './log-meter.ts'

/** What the files of the log mean for the two readers. The server itself does not know their positions. */
export function stageState(
  product: MysqlProduct,
  log: MeteredLog,
  offsets: Readonly<Record<Side, Offset | null>>,
): StageState {
  const guarded = sideState(product, log, offsets.guarded)
  const unguarded = sideState(product, log, offsets.unguarded)
  return {
    head: log.end === null ? '-' : logFilePositionText(log.end),
    writtenBytes: log.writtenBytes,
    logOnDisk: logInWords(log),
    sides: { ...(guarded === null ? {} : { guarded }), ...(unguarded === null ? {} : { unguarded }) },
  }
}

/** For example `binlog.000007 to 000012, 41 MB`. */
function logInWords(log: LogFiles): string {
  const last = parseLogFile(log.files.at(-1)?.name ?? '')
  const number = last === null ? '' : ` to ${logFileName({ ...last, base: '' }).slice(1)}`
  return `${log.files[0]?.name ?? 'no file'}${number}, ${bytesInWords(bytesFrom(0, log))}`
}

function sideState(product: MysqlProduct, log: MeteredLog, offset: Offset | null): SideLogState | null {
  const position = offset && filePositionOf(offset, product)
  if (position === null) return null
  const next = nextPosition(position, log)
  const index = log.files.findIndex(({ name }) => name === logFileName(next))
  return {
    heldBytes: bytesAfter(next, log),
    disk: index < 0 ? { files: 0, bytes: 0 } : { files: log.files.length - index, bytes: bytesFrom(index, log) },
    position: logFilePositionText(next),
  }
}

/** A transaction is longer than the event that ends a file. */
const SHORTEST_TRANSACTION_BYTES = 64

/** Where reading goes on: in the next file if the position's own file has nothing more. Its size is known even if it is purged. */
function nextPosition(position: LogFilePosition, { sizes, end }: MeteredLog): LogFilePosition {
  const isLast = end !== null && end.ordinal === position.ordinal
  const leftBytes = (sizes.get(logFileName(position)) ?? Number.POSITIVE_INFINITY) - position.offset
  if (isLast || leftBytes >= SHORTEST_TRANSACTION_BYTES) return position
  return { ...position, ordinal: position.ordinal + 1, offset: FIRST_OFFSET }
}

/** After the magic number of the file. */
const FIRST_OFFSET = 4
