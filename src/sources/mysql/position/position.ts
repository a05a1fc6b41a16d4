import { OffbeatError } from '../../../model/error.ts'
import type { Order, Position, PositionCodec } from '../../../model/position.ts'
import { compareLogFilePositions, type LogFilePosition, logFilePositionText, parseLogFilePosition } from './log-file.ts'
import {
  compareMariadbGtids,
  type MariadbGtidList,
  mariadbGtidListText,
  parseMariadbGtidList,
} from './mariadb-gtid-list.ts'
import { compareMysqlGtids, type MysqlGtidSet, mysqlGtidSetText, parseMysqlGtidSet } from './mysql-gtid-set.ts'

const EMPTY = 'empty'
const LONGEST_SHORT = 60

/** How the GTIDs of one product are parsed, printed and compared. */
interface GtidForm<Gtids> {
  readonly parse: (text: string) => Gtids | null
  readonly text: (gtids: Gtids) => string
  readonly compare: (a: Gtids, b: Gtids) => Order
  /** The expected form, for the error message. */
  readonly expected: string
}

/**
 * GTIDs, together with a file and offset if the GTIDs alone are not enough (transactions without GTIDs, GTIDs off) or are not tracked. The
 * text is `gtids`, `file:offset` or `gtids;file:offset`; with neither it is `empty`.
 *
 * GTIDs are compared first. The file and offset order positions with the same GTIDs, which are in the log of one server. A position
 * without them comes first: more is known of the other.
 */
export interface LogPositions<Gtids> extends PositionCodec {
  /** `filePosition` null: the position consists of the GTIDs alone. */
  of(gtids: Gtids, filePosition: LogFilePosition | null): Position
  gtidsOf(position: Position): Gtids
  filePositionOf(position: Position): LogFilePosition | null
}

function positionsOf<Gtids>(form: GtidForm<Gtids>): LogPositions<Gtids> {
  // Each product has a class of its own, so neither accepts a position of the other.
  class LogPosition implements Position {
    declare readonly __brand: 'Position'
    readonly gtids: Gtids
    readonly filePosition: LogFilePosition | null

    constructor(gtids: Gtids, filePosition: LogFilePosition | null) {
      this.gtids = gtids
      this.filePosition = filePosition
    }
  }
  const mine = (position: Position): LogPosition => {
    if (position instanceof LogPosition) return position
    throw new OffbeatError('DEFECT', { message: 'a position of another source was given to MySQL or MariaDB' })
  }
  const text = (position: Position): string => {
    const { gtids, filePosition } = mine(position)
    const parts = [form.text(gtids), filePosition === null ? '' : logFilePositionText(filePosition)].filter(
      (part) => part !== '',
    )
    return parts.length === 0 ? EMPTY : parts.join(';')
  }
  return {
    order: 'partial',
    of: (gtids, filePosition) => new LogPosition(gtids, filePosition),
    gtidsOf: (position) => mine(position).gtids,
    filePositionOf: (position) => mine(position).filePosition,
    parse: (written) => {
      const { gtids, filePosition } = parsed(written, form)
      return new LogPosition(gtids, filePosition)
    },
    text,
    short: (position) => shortened(text(position)),
    compare: (a, b) => {
      const [left, right] = [mine(a), mine(b)]
      const order = form.compare(left.gtids, right.gtids)
      return order === 'same' ? compareLogFilePositions(left.filePosition, right.filePosition) : order
    },
  }
}

function parsed<Gtids>(
  written: string,
  form: GtidForm<Gtids>,
): { readonly gtids: Gtids; readonly filePosition: LogFilePosition | null } {
  const bare = written.trim()
  const parts = bare === EMPTY ? [] : bare.split(';').map((part) => part.trim())
  const filePosition = parseLogFilePosition(parts.at(-1) ?? '')
  const ids = parts.slice(0, filePosition === null ? undefined : -1)
  const gtids = form.parse(ids[0] ?? '')
  if (gtids !== null && ids.length <= 1 && bare !== '') return { gtids, filePosition }
  throw new OffbeatError('POSITION_INVALID', {
    message: `"${shortened(bare)}" is not a position of a binary log`,
    found: shortened(bare),
    expected: form.expected,
  })
}

function shortened(text: string): string {
  return text.length <= LONGEST_SHORT ? text : `${text.slice(0, LONGEST_SHORT - 1)}…`
}

const FILE_POSITION_FORM = 'or a file and an offset such as binlog.000003:4567, or both with ; between them'

/** Positions of MySQL: a set of GTIDs. */
export const MYSQL_POSITIONS: LogPositions<MysqlGtidSet> = positionsOf({
  parse: parseMysqlGtidSet,
  text: mysqlGtidSetText,
  compare: compareMysqlGtids,
  expected: `GTIDs such as 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-77, ${FILE_POSITION_FORM}`,
})

/** Positions of MariaDB: the last GTID of each domain. */
export const MARIADB_POSITIONS: LogPositions<MariadbGtidList> = positionsOf({
  parse: parseMariadbGtidList,
  text: mariadbGtidListText,
  compare: compareMariadbGtids,
  expected: `the last GTID of each domain such as 0-1-42,1-1-7, ${FILE_POSITION_FORM}`,
})
