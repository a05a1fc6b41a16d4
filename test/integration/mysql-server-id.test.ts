import { randomInt } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { asOffbeatError } from '../../src/model/error.ts'
import { connectMysql } from '../../src/sources/mysql/connect/connection.ts'
import { BinlogStream } from '../../src/sources/mysql/read/binlog-stream.ts'
import { fileDump, registration } from '../../src/sources/mysql/read/dump-command.ts'
import { dumpStatement } from '../../src/sources/mysql/read/dump-settings.ts'
import { openReader } from '../../src/sources/mysql/read/reader.ts'
import { type MysqlServer, mysqlMissing, sharedMysql } from '../support/mysql.ts'
import { logFiles } from '../support/mysql-purge.ts'
import { mysqlSource } from '../support/mysql-source.ts'
import { EVERY_MYSQL } from '../support/mysql-versions.ts'
import { Reading, readingContext } from '../support/reading.ts'
import { waitFor } from '../support/wait-for.ts'

const about = { tables: ['nothing.at_all'], heartbeat: { connector: { interval: '200ms' } } }

async function read(server: MysqlServer, source: string, serverId: number): Promise<Reading> {
  const config = mysqlSource(server, { ...about, serverId })
  const reading = new Reading(await openReader(config, { ...readingContext, source }), 'now', 'none')
  await reading.firstOffset()
  return reading
}

/** Reads the log as a replica does that has the same server id. Returns when it has begun. */
async function replica(server: MysqlServer, serverId: number): Promise<BinlogStream> {
  const { clock } = readingContext
  const { signal } = new AbortController()
  const log = await connectMysql(mysqlSource(server), { source: 'replica', use: 'log', signal })
  const uuid = '11111111-2222-3333-4444-555555555555'
  const settings = { kind: server.product, heartbeatMs: 60_000, connectState: null, uuid }
  const { sql, values } = dumpStatement(settings)
  await log.query(sql, values, { signal })
  const file = (await logFiles(server)).at(-1) ?? ''
  const stream = new BinlogStream(log.release(), log.target, {
    command: fileDump({ file, position: 4 }, serverId),
    registration: registration('a replica', serverId),
    heartbeatMs: 60_000,
    clock,
  })
  expect(await stream.begin()).toBe(true)
  return stream
}

/** The readers of the log by server id, as the server shows them. */
async function readers(server: MysqlServer, serverId: number): Promise<readonly unknown[]> {
  const rows = await server.query('', server.product === 'mysql' ? 'SHOW REPLICAS' : 'SHOW SLAVE HOSTS')
  return rows.flatMap((row) => ((row['Server_Id'] ?? row['Server_id']) === serverId ? [row['Host']] : []))
}

describe.each(EVERY_MYSQL)('server ids, %s', (version) => {
  test.skipIf(mysqlMissing(version) !== null)(
    'the server shows each reader by name; of two with one identity it ends the older one, which says so',
    async () => {
      await using server = await sharedMysql(version)
      const [one, two] = [randomInt(0x8000_0000, 0xc000_0000), randomInt(0xc000_0000, 0xffff_ffff)]
      await using first = await read(server, 'shop', one)
      await using other = await read(server, 'another', two)
      expect(await readers(server, one)).toEqual(['offbeat shop'])
      expect(await readers(server, two)).toEqual(['offbeat another'])

      // Only MySQL tells readers with one server id apart.
      await using _replica = await replica(server, two)
      if (server.product === 'mysql') {
        const known = other.events.length
        await server.createDatabase()
        await other.until('more of the log', () => other.events.length > known)
      } else {
        expect(asOffbeatError(await other.failure())).toMatchObject({
          code: 'MYSQL_SERVER_ID_IN_USE',
          retry: true,
          details: { serverId: two },
        })
      }

      await using second = await read(server, 'shop', one)
      expect(asOffbeatError(await first.failure())).toMatchObject({ code: 'MYSQL_SERVER_ID_IN_USE', retry: true })
      expect(await readers(server, one)).toEqual(['offbeat shop'])
      await second[Symbol.asyncDispose]()
      await waitFor(
        { until: 'the server has forgotten the reader' },
        async () => (await readers(server, one)).length === 0,
      )
    },
  )
})
