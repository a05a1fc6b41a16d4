import { describe, expect, test } from 'vitest'
import type { Offset } from '../../src/model/offset.ts'
import type { PositionCodec } from '../../src/model/position.ts'
import { MARIADB_POSITIONS, MYSQL_POSITIONS } from '../../src/sources/mysql/position/position.ts'
import { openReader } from '../../src/sources/mysql/read/reader.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { mysqlSource } from '../support/mysql-source.ts'
import { BOTH_PRODUCTS, mysqlServerKind } from '../support/mysql-versions.ts'
import { idsOf, Reading, readingContext } from '../support/reading.ts'

const OFF = { gtid_mode: 'OFF', enforce_gtid_consistency: 'OFF' }

async function read(server: MysqlServer, from: Offset | 'now'): Promise<Reading> {
  const config = mysqlSource(server, {
    tables: ['d.t'],
    heartbeat: { connector: { interval: '100ms' }, source: { mode: 'off' } },
  })
  return new Reading(await openReader(config, readingContext), from, 'none')
}

/** Each text on a session of its own: a prepared transaction blocks its session. */
async function run(server: MysqlServer, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await server.query('d', text)
}

const prepare = (xid: string, id: number) =>
  `XA START '${xid}'; INSERT INTO t VALUES (${id}); XA END '${xid}'; XA PREPARE '${xid}'`

interface Kill {
  readonly offset: Offset
  /** What was delivered before. */
  readonly ids: readonly number[]
}

/** Every different offset, at which the connector could have been killed. */
function killsOf({ events }: Reading, positions: PositionCodec): readonly Kill[] {
  const kills = new Map<string, Kill>()
  for (const [i, event] of events.entries()) {
    if (event.type !== 'commit' && event.type !== 'progress') continue
    const { offset } = event
    const key = `${positions.text(offset.position)} ${JSON.stringify(offset.memory)}`
    if (!kills.has(key)) kills.set(key, { offset, ids: idsOf(events.slice(0, i)) })
  }
  return [...kills.values()]
}

describe.each(BOTH_PRODUCTS)('XA transactions of %s', (version) => {
  const isMysql = mysqlServerKind(version).product === 'mysql'
  const ways = isMysql ? ['with', 'without'] : ['with']
  const positions = isMysql ? MYSQL_POSITIONS : MARIADB_POSITIONS

  test.skipIf(mysqlMissing(version) !== null).each(ways)(
    'prepared before and decided after a kill at any offset, %s GTIDs: nothing is lost, and all comes once',
    async (gtids) => {
      await using server = await startMysql({ version, settings: gtids === 'with' ? {} : OFF })
      await server.query('', 'CREATE DATABASE d; CREATE TABLE d.t (id int PRIMARY KEY); CREATE TABLE d.other (id int)')
      await using first = await read(server, 'now')
      await first.firstOffset()
      await run(server, 'INSERT INTO t VALUES (1)', prepare('one', 2), 'INSERT INTO t VALUES (3)')
      await run(server, prepare('two', 4), 'FLUSH BINARY LOGS', 'INSERT INTO t VALUES (5)', prepare('back', 6))
      await run(
        server,
        "XA COMMIT 'two'",
        "XA ROLLBACK 'back'",
        'INSERT INTO other VALUES (1)',
        'INSERT INTO t VALUES (7)',
      )
      await first.until('all that is decided', () => first.ids.includes(7))
      expect(first.ids).toEqual([1, 3, 5, 4, 7])
      await first[Symbol.asyncDispose]()
      const kills = killsOf(first, positions)
      expect(kills.length).toBeGreaterThan(6)
      await run(server, "XA COMMIT 'one'", 'INSERT INTO t VALUES (8)')

      for (const { offset, ids } of kills) {
        await using again = await read(server, offset)
        await again.until('the last row', () => again.ids.includes(8))
        expect([...ids, ...again.ids]).toEqual([1, 3, 5, 4, 7, 2, 8])
        // What was read a second time has moved no offset back.
        const orders = again.events.flatMap((event) =>
          event.type === 'commit' || event.type === 'progress'
            ? positions.compare(event.offset.position, offset.position)
            : [],
        )
        for (const order of orders) expect(['same', 'after']).toContain(order)
      }
    },
  )
})
