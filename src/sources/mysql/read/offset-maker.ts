import type { Clock } from '../../../model/clock.ts'
import type { Position } from '../../../model/position.ts'
import type { OffsetMaker, PlaceInLog } from '../decode/transaction-log.ts'
import { identityOf, type ServerFacts } from '../inspect/server-facts.ts'
import { type LogFilePlace, parseLogFilePlace } from '../position/log-file.ts'
import { withMariadbGtid } from '../position/mariadb-gtid-list.ts'
import { withMysqlGtid } from '../position/mysql-gtid-set.ts'
import { type LogPositions, MARIADB_POSITIONS, MYSQL_POSITIONS } from '../position/position.ts'

const WHY = {
  commit: 'the end of a complete transaction',
  progress: 'the server has sent everything up to here, and no transaction is open',
} as const

/** Creates the offsets of one stream that begins at `from`. The GTIDs grow with each transaction. */
export function offsetMaker(from: Position, facts: ServerFacts, clock: Clock): OffsetMaker {
  const positionAt =
    facts.product === 'mysql'
      ? growing(MYSQL_POSITIONS, withMysqlGtid, from, facts.gtidMode !== 'ON')
      : growing(MARIADB_POSITIONS, withMariadbGtid, from, false)
  const server = identityOf(facts)
  return (reached, by) => ({
    position: positionAt(reached.gtids, reached),
    server,
    memory: {},
    moved: { by, why: WHY[by], atMs: clock.nowMs() },
  })
}

/** `withPlaces`: whether file and offset are included because some transactions have no GTID. */
function growing<Gtids>(
  positions: LogPositions<Gtids>,
  withGtid: (gtids: Gtids, gtid: string) => Gtids,
  from: Position,
  withPlaces: boolean,
): (ids: readonly string[], at: PlaceInLog) => Position {
  let gtids = positions.gtidsOf(from)
  let file: { readonly name: string; readonly place: LogFilePlace | null } | null = null
  const placeOf = ({ file: name, position }: PlaceInLog): LogFilePlace | null => {
    if (name === null) return null
    if (file?.name !== name) file = { name, place: parseLogFilePlace(`${name}:0`) }
    return file.place === null ? null : { ...file.place, offset: position }
  }
  return (ids, at) => {
    for (const id of ids) gtids = withGtid(gtids, id)
    return positions.of(gtids, withPlaces ? placeOf(at) : null)
  }
}
