import type { Clock } from '../../../model/clock.ts'
import { OffbeatError } from '../../../model/error.ts'
import type { JsonObject } from '../../../model/json.ts'
import type { Offset } from '../../../model/offset.ts'
import type { Position } from '../../../model/position.ts'
import type { StreamPosition } from '../decode/stream-position.ts'
import type { OffsetMaker, ReachedPosition } from '../decode/transaction-log.ts'
import { identityOf, type MysqlFacts, type ServerFacts } from '../inspect/server-facts.ts'
import {
  compareLogFilePositions,
  type LogFilePosition,
  logFileName,
  parseLogFilePosition,
} from '../position/log-file.ts'
import { parseMariadbGtidList, withMariadbGtid } from '../position/mariadb-gtid-list.ts'
import { mysqlGtidUnion, withMysqlGtid } from '../position/mysql-gtid-set.ts'
import { MARIADB_POSITIONS, MYSQL_POSITIONS } from '../position/position.ts'
import { fileMemory, filePositionOnServer } from '../resume/file-position.ts'
import { preparedMemory } from '../resume/prepared-replay.ts'
import type { TableMemory } from '../tables/table-memory.ts'

const WHY = {
  commit: 'the end of a complete transaction',
  progress: 'the server has sent everything up to here, and no transaction is open',
} as const

type Growing = (reached: ReachedPosition, by: 'commit' | 'progress') => Position

export interface OffsetMakerOptions {
  readonly facts: ServerFacts
  /** What is remembered of the tables at the position that is being read. */
  readonly memory: TableMemory
  readonly clock: Clock
}

/** Creates the offsets of one stream that begins at `from`. The GTIDs grow with each transaction. */
export function offsetMaker(from: Offset, { facts, memory, clock }: OffsetMakerOptions): OffsetMaker {
  const { position } = from
  const positionAt = facts.product === 'mysql' ? mysqlPositions(position, facts) : mariadbPositions(position)
  const fileAt = fileMemoryAfter(filePositionOnServer(from, facts))
  const server = identityOf(facts)
  // The same object until one is prepared or decided.
  const preparedAt = keepingLast((prepared: ReachedPosition['prepared']) => preparedMemory(prepared, facts))
  return (reached, by) => ({
    position: positionAt(reached, by),
    server,
    memory: { ...memory.document, ...fileAt(reached, by), ...preparedAt(reached.prepared) },
    moved: { by, why: WHY[by], atMs: clock.nowMs() },
  })
}

/** Computes a result again only if the argument is another one than the last. */
function keepingLast<Argument, Result>(compute: (argument: Argument) => Result): (argument: Argument) => Result {
  let last: { readonly argument: Argument; readonly result: Result } | null = null
  return (argument) => {
    if (last === null || last.argument !== argument) last = { argument, result: compute(argument) }
    return last.result
  }
}

/**
 * A dump by GTIDs begins with the start of a file, and passes over what was read of it. With a prepared transaction it can begin with an
 * older file. If the position on this server is not known, none is remembered before the first transaction: the start of the file can be
 * before what was read.
 */
function fileMemoryAfter(
  start: LogFilePosition | null,
): (reached: StreamPosition, by: 'commit' | 'progress') => JsonObject {
  if (start === null) {
    let hasRead = false
    return ({ file, position }, by) => {
      hasRead ||= by === 'commit'
      return hasRead ? fileMemory(file, position) : {}
    }
  }
  const name = logFileName(start)
  const isOlder = keepingLast(
    (file: string | null) =>
      compareLogFilePositions(parseLogFilePosition(`${file ?? ''}:0`), { ...start, offset: 0 }) === 'before',
  )
  return ({ file, position }) => {
    if (file === null) return {}
    if (file === name) return fileMemory(name, Math.max(position, start.offset))
    return isOlder(file) ? fileMemory(name, start.offset) : fileMemory(file, position)
  }
}

/**
 * Positions include file and offset as long as transactions without GTIDs can follow. That ends when the stream passes what was the end of
 * the log at its opening with `gtid_mode` ON, and begins again with the next such transaction. What the server had executed before that end
 * has then been read or was before the start, so its GTIDs belong to the set.
 */
function mysqlPositions(from: Position, { gtidMode, log, before }: MysqlFacts): Growing {
  let gtids = MYSQL_POSITIONS.gtidsOf(from)
  let isTracked = gtidMode !== 'ON' || MYSQL_POSITIONS.filePositionOf(from) !== null
  let end = isTracked ? (log?.end ?? null) : null
  const filePositionOf = filePositionReader()
  return (reached, by) => {
    for (const id of reached.gtids) gtids = withMysqlGtid(gtids, id)
    if (by === 'commit' && reached.gtids.length === 0) {
      isTracked = true
      if (gtidMode === 'ON') end = null
    }
    const filePosition = isTracked ? filePositionOf(reached) : null
    if (reached.gtids.length > 0 && end !== null && compareLogFilePositions(filePosition, end) === 'after') {
      end = null
      gtids = mysqlGtidUnion(gtids, before.executed)
      isTracked = gtidMode !== 'ON'
    }
    return MYSQL_POSITIONS.of(gtids, isTracked ? filePosition : null)
  }
}

/** Parses each file's name once. */
function filePositionReader(): (at: StreamPosition) => LogFilePosition | null {
  let file: { readonly name: string; readonly position: LogFilePosition | null } | null = null
  return ({ file: name, position }) => {
    if (name === null) return null
    if (file?.name !== name) file = { name, position: parseLogFilePosition(`${name}:0`) }
    return file.position === null ? null : { ...file.position, offset: position }
  }
}

function mariadbPositions(from: Position): Growing {
  let gtids = MARIADB_POSITIONS.gtidsOf(from)
  return ({ gtids: ids }) => {
    const [gtid] = ids
    if (gtid === undefined) return MARIADB_POSITIONS.of(gtids, null)
    const grown = withMariadbGtid(gtids, gtid)
    if (grown === null) throw outOfOrder(gtid, MARIADB_POSITIONS.text(MARIADB_POSITIONS.of(gtids, null)))
    gtids = grown
    return MARIADB_POSITIONS.of(gtids, null)
  }
}

function outOfOrder(gtid: string, reached: string): OffbeatError {
  const [domain] = [...(parseMariadbGtidList(gtid) ?? new Map()).keys()]
  return new OffbeatError('MYSQL_GTID_ORDER', {
    message: `the transaction ${gtid} follows one of its domain ${domain} with the same or a higher sequence number`,
    found: `${gtid} after ${reached}`,
    expected: `a higher sequence number in the domain ${domain}`,
    details: { gtid, reached },
  })
}
