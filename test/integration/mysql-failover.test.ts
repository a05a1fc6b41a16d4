import { describe, expect, test } from 'vitest'
import { asOffbeatError, type OffbeatError } from '../../src/model/error.ts'
import type { Offset } from '../../src/model/offset.ts'
import { openProbe } from '../../src/sources/mysql/inspect/probe.ts'
import { MARIADB_POSITIONS, MYSQL_POSITIONS } from '../../src/sources/mysql/position/position.ts'
import { openReader } from '../../src/sources/mysql/read/reader.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { purgeAll } from '../support/mysql-purge.ts'
import { startMysqlReplica } from '../support/mysql-replica.ts'
import { mysqlSource } from '../support/mysql-source.ts'
import { EVERY_MYSQL, mysqlServerKind } from '../support/mysql-versions.ts'
import { Reading, readingContext } from '../support/reading.ts'

const about = { tables: ['d.item'], heartbeat: { connector: { interval: '200ms' } } }

/** A reader of the first of these servers that can be reached. */
async function read(servers: readonly MysqlServer[], from: Offset | 'now'): Promise<Reading> {
  const [first] = servers
  if (first === undefined) throw new Error('no server')
  const { password } = first
  const hosts = servers.map(({ host, port }) => `${host}:${port}`)
  const config = mysqlSource(first, { ...about, user: 'offbeat', password, hosts })
  return new Reading(await openReader(config, readingContext), from, 'none')
}

async function failure(server: MysqlServer, from: Offset): Promise<OffbeatError> {
  await using reading = await read([server], from)
  return asOffbeatError(await reading.failure())
}

async function shop(server: MysqlServer): Promise<void> {
  await server.query('', 'CREATE DATABASE d; CREATE TABLE d.item (id int PRIMARY KEY)')
  await server.query('', `CREATE USER offbeat IDENTIFIED BY '${server.password}'; GRANT ALL ON *.* TO offbeat`)
}

const insert = (server: MysqlServer, id: number) => server.query('d', `INSERT INTO item VALUES (${id})`)

function last({ commits }: Reading): Offset {
  const event = commits.at(-1)
  if (event === undefined) throw new Error('no commit')
  return event.offset
}

describe.each(EVERY_MYSQL)('%s', (version) => {
  const absent = mysqlMissing(version) !== null
  const { product } = mysqlServerKind(version)
  const reset = product === 'mysql' ? 'RESET BINARY LOGS AND GTIDS' : 'RESET MASTER'
  const stop = product === 'mysql' ? 'STOP REPLICA SQL_THREAD' : 'STOP SLAVE SQL_THREAD'
  const start = product === 'mysql' ? 'START REPLICA SQL_THREAD' : 'START SLAVE SQL_THREAD'

  test.skipIf(absent)(
    'a promoted replica goes on with the proof; one that lags is waited for; one that lacks transactions stops',
    async () => {
      await using primary = await startMysql({ version })
      await shop(primary)
      await using replica = await startMysqlReplica(primary, { version })
      const hosts = [primary, replica]
      await using first = await read(hosts, 'now')
      await first.firstOffset()
      await insert(primary, 1)
      await first.until('the row', () => first.ids.length === 1)
      const offset = last(first)
      await first[Symbol.asyncDispose]()

      await replica.catchUp()
      await replica.query('', stop)
      await insert(primary, 2)
      await using second = await read(hosts, offset)
      await second.until('the row', () => second.ids.length === 1)
      const ahead = last(second)
      expect(await failure(replica, ahead)).toMatchObject({ code: 'MYSQL_REPLICA_BEHIND', retry: true })
      await replica.query('', start)
      await replica.catchUp()
      await using third = await read([replica], ahead)
      await insert(primary, 3)
      await third.until('the row', () => third.ids.length === 1)
      const shared = last(third)
      expect(third.notices).toMatchObject([
        {
          code: 'MYSQL_OTHER_SERVER',
          ledger: expect.stringMatching(/^another server: gtid_(executed|binlog_state) has/u),
        },
      ])

      await replica.query('', stop)
      await insert(primary, 4)
      await second.until('the last row', () => second.ids.includes(4))
      const beyond = last(second)
      await primary.kill()
      expect(asOffbeatError(await second.failure()).code).toMatch(/^DATABASE_(CONNECTION_LOST|STOPPING)$/u)
      await replica.query('', product === 'mysql' ? 'STOP REPLICA' : 'STOP SLAVE')
      await replica.query('', product === 'mysql' ? 'RESET REPLICA ALL' : 'RESET SLAVE ALL')
      await replica.query(
        '',
        product === 'mysql' ? 'SET GLOBAL super_read_only = OFF, read_only = OFF' : 'SET GLOBAL read_only = OFF',
      )
      await insert(replica, 40)
      // The row 4 was delivered and is not on the new primary, whose row 40 can have its GTID.
      await using lost = await read(hosts, beyond)
      const error = asOffbeatError(await lost.failure())
      expect(error).toMatchObject({ code: 'DATABASE_OTHER_SERVER' })
      expect(error.found).toMatch(product === 'mysql' ? /^gtid_executed is without [-0-9a-f]+:\d+$/u : /domain 0/u)
      await using promoted = await read(hosts, shared)
      await promoted.until('the rows of the new primary', () => promoted.ids.includes(40))
      expect(promoted.ids).toEqual([40])
    },
  )

  test.skipIf(absent)(
    'a reset under a running reader and while it is stopped is named, also when the log has grown past it',
    async () => {
      await using server = await startMysql({ version })
      await shop(server)
      await server.query('', 'FLUSH BINARY LOGS')
      await using running = await read([server], 'now')
      await running.firstOffset()
      for (const id of [1, 2]) await insert(server, id)
      await running.until('both rows', () => running.ids.length === 2)
      const offset = last(running)
      await server.query('', reset)
      const ended = asOffbeatError(await running.failure()).code
      await running[Symbol.asyncDispose]()
      expect(ended).toBe('MYSQL_LOG_RESET')
      expect((await failure(server, offset)).code).toBe('MYSQL_LOG_RESET')
      for (let id = 10; id < 30; id++) await insert(server, id)
      const grown = await failure(server, offset)
      expect(grown).toMatchObject({
        code: 'MYSQL_LOG_RESET',
        found: expect.stringContaining('the log ends at binlog.000001:'),
      })
      await using probe = await openProbe(mysqlSource(server, about), readingContext)
      const { resume } = await probe.inspect(() => offset, new AbortController().signal)
      expect(resume).toMatchObject({ can: 'no', code: 'MYSQL_LOG_RESET' })
    },
  )

  test.skipIf(absent)('a restored backup: gone on from when it has the offset, named when it is older', async () => {
    await using server = await startMysql({ version })
    await shop(server)
    await using reading = await read([server], 'now')
    await reading.firstOffset()
    await insert(server, 1)
    await reading.until('the row', () => reading.ids.length === 1)
    const held = last(reading)
    await insert(server, 2)
    await reading.until('the next row', () => reading.ids.length === 2)
    const newer = last(reading)
    await reading[Symbol.asyncDispose]()
    // As after a restore: the same identity, the GTIDs of the backup, and a log that begins again.
    const [state] = await server.query(
      '',
      product === 'mysql' ? 'SELECT @@server_uuid AS id' : 'SELECT @@server_id AS id',
    )
    await server.query('', reset)
    const restored =
      product === 'mysql'
        ? `SET GLOBAL gtid_purged = '${String(state?.['id'])}:1-${sequenceOf(held)}'`
        : `SET GLOBAL gtid_binlog_state = '0-${String(state?.['id'])}-${sequenceOf(held)}'`
    await server.query('', restored)
    expect(await failure(server, newer)).toMatchObject({ code: 'MYSQL_LOG_RESET' })
    await using again = await read([server], held)
    await insert(server, 3)
    await again.until('the row after the restore', () => again.ids.length === 1)
    expect(again.ids).toEqual([3])
    expect(await failure(server, newer)).toMatchObject({ code: 'MYSQL_LOG_RESET' })
    await again[Symbol.asyncDispose]()
    await purgeAll(server)
    expect(await failure(server, held)).toMatchObject({ code: 'MYSQL_LOG_PURGED' })
  })
})

/** The last sequence number of the offset, whose GTIDs come from one server. */
function sequenceOf({ position, server }: Offset): string {
  const { text } = server?.['serverUuid'] === undefined ? MARIADB_POSITIONS : MYSQL_POSITIONS
  return /\d+$/u.exec(text(position))?.[0] ?? ''
}
