import type { Clock } from '../../../model/clock.ts'
import type { Position } from '../../../model/position.ts'
import type { OffsetMaker, StreamPosition } from '../decode/transaction-log.ts'
import { identityOf, type ServerFacts } from '../inspect/server-facts.ts'
import { type LogFilePosition, parseLogFilePosition } from '../position/log-file.ts'
import { withMariadbGtid } from '../position/mariadb-gtid-list.ts'
import { withMysqlGtid } from '../position/mysql-gtid-set.ts'
import { type LogPositions, MARIADB_POSITIONS, MYSQL_POSITIONS } from '../position/position.ts'
import type { TableMemory } from '../tables/table-memory.ts'

const WHY = {
  commit: 'the end of a complete transaction',
  progress: 'the server has sent everything up to here, and no transaction is open',
} as const

export interface OffsetMakerOptions {
  readonly facts: ServerFacts
  /** What is remembered of the tables at the position that is being read. */
  readonly memory: TableMemory
  readonly clock: Clock
}

/** Creates the offsets of one stream that begins at `from`. The GTIDs grow with each transaction. */
export function offsetMaker(from: Position, { facts, memory, clock }: OffsetMakerOptions): OffsetMaker {
  const positionAt =
    facts.product === 'mysql'
      ? growing(MYSQL_POSITIONS, withMysqlGtid, from, facts.gtidMode !== 'ON')
      : growing(MARIADB_POSITIONS, withMariadbGtid, from, false)
  const server = identityOf(facts)
  return (reached, by) => ({
    position: positionAt(reached.gtids, reached),
    server,
    memory: memory.document,
    moved: { by, why: WHY[by], atMs: clock.nowMs() },
  })
}

/** `withFilePosition`: whether file and offset are included because some transactions have no GTID. */
function growing<Gtids>(
  positions: LogPositions<Gtids>,
  withGtid: (gtids: Gtids, gtid: string) => Gtids,
  from: Position,
  withFilePosition: boolean,
): (ids: readonly string[], at: StreamPosition) => Position {
  let gtids = positions.gtidsOf(from)
  let file: { readonly name: string; readonly position: LogFilePosition | null } | null = null
  const filePositionOf = ({ file: name, position }: StreamPosition): LogFilePosition | null => {
    if (name === null) return null
    if (file?.name !== name) file = { name, position: parseLogFilePosition(`${name}:0`) }
    return file.position === null ? null : { ...file.position, offset: position }
  }
  return (ids, at) => {
    for (const id of ids) gtids = withGtid(gtids, id)
    return positions.of(gtids, withFilePosition ? filePositionOf(at) : null)
  }
}
