import type { MysqlProduct } from '../../../local-server/mysql/mysql-binaries.ts'
import { bytesInWords } from '../../../model/figures.ts'
import type { Offset } from '../../../model/offset.ts'
import { bytesAfter, bytesFrom, type LogFiles } from '../../../sources/mysql/inspect/log-files.ts'
import { logFileName, logFilePositionText, parseLogFile } from '../../../sources/mysql/position/log-file.ts'
import { filePositionOf } from '../../../sources/mysql/resume/file-position.ts'
import type { SideLogState } from '../../side-state.ts'
import type { Side, StageState } from '../../stage.ts'

/** What the files of the log mean for the two readers. The server itself does not know their positions. */
export function stageState(
  product: MysqlProduct,
  log: LogFiles,
  writtenBytes: number,
  offsets: Readonly<Record<Side, Offset | null>>,
): StageState {
  const guarded = sideState(product, log, offsets.guarded)
  const unguarded = sideState(product, log, offsets.unguarded)
  return {
    head: log.end === null ? '-' : logFilePositionText(log.end),
    writtenBytes,
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

function sideState(product: MysqlProduct, log: LogFiles, offset: Offset | null): SideLogState | null {
  const position = offset && filePositionOf(offset, product)
  if (position === null) return null
  const index = log.files.findIndex(({ name }) => name === logFileName(position))
  return {
    heldBytes: bytesAfter(position, log),
    disk: index < 0 ? { files: 0, bytes: 0 } : { files: log.files.length - index, bytes: bytesFrom(index, log) },
    position: logFilePositionText(position),
  }
}
