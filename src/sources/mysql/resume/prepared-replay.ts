import type { JsonObject, JsonValue } from '../../../model/json.ts'
import type { Offset } from '../../../model/offset.ts'
import type { Position } from '../../../model/position.ts'
import { unreachable } from '../../../model/unreachable.ts'
import type { Replay } from '../decode/replay.ts'
import type { StreamPosition } from '../decode/stream-position.ts'
import type { PreparedTransactions } from '../decode/transaction-log.ts'
import { positionsOf, type ServerFacts } from '../inspect/server-facts.ts'
import { compareLogFilePositions, type LogFilePosition, parseLogFilePosition } from '../position/log-file.ts'
import {
  deletedDomains,
  type MariadbGtidList,
  parseMariadbGtidList,
  withoutDomains,
} from '../position/mariadb-gtid-list.ts'
import { type MysqlGtidSet, mysqlGtidsWithout, mysqlGtidUnion, parseMysqlGtidSet } from '../position/mysql-gtid-set.ts'
import { MARIADB_POSITIONS, MYSQL_POSITIONS } from '../position/position.ts'
import { filePositionOnServer } from './file-position.ts'
import type { LogStart } from './opening.ts'

/*
 * What an offset remembers of the XA transactions that are prepared before it and not decided: their rows are needed if they are committed
 * after it.
 *
 *   prepared   `gtids`: their GTIDs   `since`: a position before all of them   `log`: its file and offset, if known
 *
 * MySQL with GTIDs sends again what is left out of the requested set. MariaDB, and MySQL without GTIDs, send everything since then.
 */

const KEY = 'prepared'

export function preparedMemory(prepared: PreparedTransactions | null, facts: ServerFacts): JsonObject {
  if (prepared === null) return {}
  const { since, gtids } = prepared
  const position = positionsOf(facts).text(since.position)
  return { [KEY]: { gtids: [...gtids], since: position, log: since.memory['log'] ?? null } }
}

interface Prepared {
  readonly gtids: readonly string[]
  readonly since: string
  readonly log: JsonValue
}

function preparedIn({ memory }: Offset): Prepared | null {
  const prepared = memory[KEY]
  if (!isObject(prepared)) return null
  const { gtids, since, log = null } = prepared
  if (typeof since !== 'string' || !Array.isArray(gtids)) return null
  return { gtids: gtids.filter((gtid) => typeof gtid === 'string'), since, log }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The offset from which the log must be read to continue after this one: before it, if it has a prepared transaction. */
export function neededOffset(offset: Offset, facts: ServerFacts): Offset {
  const prepared = preparedIn(offset)
  if (prepared === null) return offset
  const { log, since, gtids } = prepared
  const memory = { ...offset.memory, log }
  const isBySet = facts.product === 'mysql' && MYSQL_POSITIONS.filePositionOf(offset.position) === null
  if (!isBySet) return { ...offset, memory, position: positionsOf(facts).parse(since) }
  const left = mysqlGtidsWithout(MYSQL_POSITIONS.gtidsOf(offset.position), setOf(gtids))
  return { ...offset, memory, position: MYSQL_POSITIONS.of(left, null) }
}

function setOf(gtids: readonly string[]): MysqlGtidSet {
  return parseMysqlGtidSet(gtids.join(',')) ?? new Map()
}

/** The position up to which everything was read. `from`: where the log is read from, with GTIDs that are passed. */
export function readPosition(position: Position, from: Position, { product }: ServerFacts): Position {
  if (product === 'mariadb') return position
  const all = mysqlGtidUnion(MYSQL_POSITIONS.gtidsOf(position), MYSQL_POSITIONS.gtidsOf(from))
  return MYSQL_POSITIONS.of(all, MYSQL_POSITIONS.filePositionOf(position))
}

/** null: the log is read from the offset on. */
export function replayOf(offset: Offset, start: LogStart, facts: ServerFacts): Replay | null {
  const prepared = preparedIn(offset)
  if (prepared === null) return null
  const since = neededOffset(offset, facts)
  const { gtids } = prepared
  switch (start.by) {
    case 'mysql gtids':
      return { since, gtids, ...gtidReplay(gtids) }
    case 'mariadb gtids':
      return { since, gtids, ...listReplay(start.gtids, remainingGtids(offset, facts)) }
    case 'file': {
      const to = filePositionOnServer(offset, facts)
      return to === null ? null : { since, gtids, ...fileReplay(to) }
    }
    default:
      return unreachable(start)
  }
}

type WithoutStart = Pick<Replay, 'isRead' | 'isOver'>

/** The offset's GTIDs without domains that were deleted from the log: nothing more comes of those, and a domain that is used again is new. */
function remainingGtids({ position }: Offset, facts: ServerFacts): MariadbGtidList {
  const gtids = MARIADB_POSITIONS.gtidsOf(position)
  return facts.product === 'mariadb' ? withoutDomains(gtids, deletedDomains(gtids, facts.written)) : gtids
}

function gtidReplay(gtids: readonly string[]): WithoutStart {
  const open = new Set(gtids)
  return { isRead: (gtid) => gtid !== null && open.delete(gtid), isOver: () => open.size === 0 }
}

/** Domain by domain: another server can have the transactions of two domains in another order. */
function listReplay(from: MariadbGtidList, to: MariadbGtidList): WithoutStart {
  const open = new Set([...to].flatMap(([domain, { sequence }]) => (sequence > lastIn(from, domain) ? [domain] : [])))
  return {
    isRead: (gtid) => {
      const [id] = [...(parseMariadbGtidList(gtid ?? '') ?? [])]
      if (id === undefined) return false
      const [domain, { sequence }] = id
      if (sequence >= lastIn(to, domain)) open.delete(domain)
      return sequence <= lastIn(to, domain)
    },
    isOver: () => open.size === 0,
  }
}

function lastIn(list: MariadbGtidList, domain: number): bigint {
  return list.get(domain)?.sequence ?? -1n
}

function fileReplay(to: LogFilePosition): WithoutStart {
  const isBefore = ({ file, position }: StreamPosition) =>
    compareLogFilePositions(parseLogFilePosition(`${file ?? ''}:${position}`), to) === 'before'
  return { isRead: (_gtid, start) => isBefore(start), isOver: (reached) => !isBefore(reached) }
}
