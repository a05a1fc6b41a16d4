import type { MysqlFacts } from '../../src/sources/mysql/inspect/server-facts.ts'
import { parseMysqlGtidSet } from '../../src/sources/mysql/position/mysql-gtid-set.ts'

export const UUID = '3e11fa47-71ca-11e1-9e33-c80aa9429562'
/** The bytes of the first file: more than a command has room for. */
export const HUGE = 6_000_000_000
export const set = (text: string) => parseMysqlGtidSet(text) ?? new Map()

/** A server with GTIDs, nothing purged, and two files. */
export function mysqlFacts(about: Partial<MysqlFacts> = {}): MysqlFacts {
  const sets = { executed: set(`${UUID}:1-9`), purged: set('') }
  return {
    atMs: 0,
    startedAtS: 0,
    serverId: '1',
    readOnly: false,
    logsBinary: true,
    product: 'mysql',
    serverUuid: UUID,
    gtidMode: 'ON',
    log: {
      files: [
        { name: 'b.000001', bytes: HUGE },
        { name: 'b.000002', bytes: 900 },
      ],
      end: { base: 'b', ordinal: 2, offset: 900 },
    },
    before: sets,
    ...sets,
    ...about,
  }
}
