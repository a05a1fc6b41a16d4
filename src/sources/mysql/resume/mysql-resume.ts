import type { MysqlFacts } from '../inspect/server-facts.ts'
import { LARGEST_POSITION, logFileName } from '../position/log-file.ts'
import {
  containsMysqlGtids,
  type MysqlGtidSet,
  mysqlGtidSetText,
  mysqlGtidsWithout,
  mysqlGtidUnion,
} from '../position/mysql-gtid-set.ts'
import { MYSQL_POSITIONS } from '../position/position.ts'
import { checkFilePosition, endsBefore, filePositionOnServer, hasFilePosition } from './file-position.ts'
import { isSameServer, type LogStart, type Opening, opened, type ResumeInput } from './opening.ts'
import { gtidsOff, lacksOffset, logPurged, logReset } from './position-lost.ts'

/**
 * A start by file is exact, but only on the server of the offset. It is needed where transactions without GTIDs can follow: for a start by
 * GTIDs, the server takes the newest file before which there are no other GTIDs, and so passes over such transactions.
 */
export function checkMysql(input: ResumeInput, facts: MysqlFacts): Opening {
  const { offset } = input
  const gtids = MYSQL_POSITIONS.gtidsOf(offset.position)
  const isSame = isSameServer(input)
  const lacking = mysqlGtidsWithout(gtids, facts.executed)
  if (lacking.size > 0) {
    const found = `gtid_executed is without ${mysqlGtidSetText(lacking)}`
    return { can: 'no', error: isSame ? logReset(input, found) : lacksOffset(input, found) }
  }
  const written = MYSQL_POSITIONS.filePositionOf(offset.position)
  if (written !== null) return checkFilePosition(input, written)
  const filePosition = filePositionOnServer(offset, facts)
  if (facts.gtidMode !== 'ON')
    return filePosition === null
      ? { can: 'no', error: gtidsOff(input, facts.gtidMode) }
      : checkFilePosition(input, filePosition)
  // After a restore, what was read is purged. After a reset, it would be in the new files, under GTIDs that were used twice.
  const reset = containsMysqlGtids(facts.purged, gtids) ? null : endsBefore(filePosition, facts.log)
  return reset === null ? checkGtids(input, facts) : { can: 'no', error: logReset(input, reset) }
}

function checkGtids(input: ResumeInput, facts: MysqlFacts): Opening {
  const from = input.offset.position
  const gtids = MYSQL_POSITIONS.gtidsOf(from)
  const isSame = isSameServer(input)
  const gap = mysqlGtidsWithout(facts.purged, gtids)
  if (gap.size === 0) {
    const proof = 'gtid_executed has all GTIDs of the offset, and gtid_purged has no other'
    return opened(isSame, proof, { start: startOf(input, facts, gtids), from })
  }
  const proof = proofOfGap(input, facts)
  if (proof === null) {
    const found = `purged and not read: ${mysqlGtidSetText(gap)}`
    return { can: 'no', error: logPurged(input, found, { purged: mysqlGtidSetText(gap) }) }
  }
  const all = mysqlGtidUnion(gtids, gap)
  const passed = `passed ${mysqlGtidSetText(gap)}, which are purged and were not read: ${proof}`
  const start = { by: 'mysql gtids', gtids: all } as const
  return { ...opened(isSame, proof, { start, from: MYSQL_POSITIONS.of(all, null) }), passed }
}

/**
 * If the log went on in other files, `gtid_mode` can have been changed meanwhile, which starts a new file. By file, the server then refuses
 * to send transactions without GTIDs. By GTIDs, it could begin after them.
 */
function startOf({ offset }: ResumeInput, facts: MysqlFacts, gtids: MysqlGtidSet): LogStart {
  const filePosition = filePositionOnServer(offset, facts)
  const isRotated = facts.log?.end?.ordinal !== filePosition?.ordinal
  if (!isRotated || filePosition === null || filePosition.offset > LARGEST_POSITION) return { by: 'mysql gtids', gtids }
  return hasFilePosition(filePosition, facts.log) ? { by: 'file', filePosition } : { by: 'mysql gtids', gtids }
}

/**
 * Why no purged transaction can be after the offset: its own file is still there, so no file after it is purged. This is known only if
 * nothing was purged while the files were listed. null: it cannot be proven.
 */
function proofOfGap({ offset }: ResumeInput, facts: MysqlFacts): string | null {
  const filePosition = filePositionOnServer(offset, facts)
  if (filePosition === null || !hasFilePosition(filePosition, facts.log)) return null
  if (!containsMysqlGtids(facts.before.purged, facts.purged)) return null
  return `the file of the offset, ${logFileName(filePosition)}, is still there, and the server purges the oldest files first`
}
