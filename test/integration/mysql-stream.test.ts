import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/cli/program/system-clock.ts'
import { asOffbeatError, type OffbeatError } from '../../src/model/error.ts'
import type { LogEvent } from '../../src/model/log-event.ts'
import { connectMysql } from '../../src/sources/mysql/connect/connection.ts'
import { serverIdOf } from '../../src/sources/mysql/connect/server-id.ts'
import { parseMysqlGtidSet } from '../../src/sources/mysql/position/mysql-gtid-set.ts'
import { BinlogStream } from '../../src/sources/mysql/read/binlog-stream.ts'
import { fileDump, gtidDump } from '../../src/sources/mysql/read/dump-command.ts'
import { dumpStatement } from '../../src/sources/mysql/read/dump-settings.ts'
import { binlogDecoder } from '../support/binlog-reading.ts'
import { type MysqlServer, mysqlMissing, startMysql } from '../support/mysql.ts'
import { mysqlSource } from '../support/mysql-source.ts'
import { BOTH_PRODUCTS } from '../support/mysql-versions.ts'
import { idsOf } from '../support/reading.ts'
import { waitFor } from '../support/wait-for.ts'

const never = new AbortController().signal
const HEARTBEAT_MS = 100

/** Where the log ends: a file and a position, and the ids as the server prints them. */
async function endOf(server: MysqlServer) {
  const isMysql = server.product === 'mysql'
  const [status] = await server.query('', isMysql ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS')
  const [ids] = await server.query(
    '',
    `SELECT ${isMysql ? '@@GLOBAL.gtid_executed' : '@@GLOBAL.gtid_binlog_pos'} AS ids`,
  )
  return { file: String(status?.['File']), position: Number(status?.['Position']), ids: String(ids?.['ids']) }
}

type End = Awaited<ReturnType<typeof endOf>>

async function dump(server: MysqlServer, from: Partial<End>, name = 'shop'): Promise<BinlogStream> {
  const { product: kind } = server
  const { file = '', position = 4, ids = null } = from
  const connection = await connectMysql(mysqlSource(server), { source: name, use: 'log', signal: never })
  const { sql, values } = dumpStatement({ kind, heartbeatMs: HEARTBEAT_MS, connectState: ids })
  await connection.query(sql, values)
  const id = serverIdOf(name, { serverId: null })
  const command =
    kind === 'mysql' && ids !== null
      ? gtidDump(parseMysqlGtidSet(ids) ?? expect.fail('no set'), id)
      : fileDump({ file, position }, id)
  const start = { command, heartbeatMs: HEARTBEAT_MS, clock: systemClock }
  return new BinlogStream(connection.release(), connection.target, start)
}

/** Reads until `enough`, and gives all events. */
async function readUntil(stream: BinlogStream, enough: (events: readonly LogEvent[]) => boolean) {
  const decoder = binlogDecoder({}, { checksums: true, file: null })
  const events: LogEvent[] = []
  for (;;) {
    while (stream.next()) {
      const rest = decoder.decode(stream.bytes, stream.start, stream.end, events)
      if (rest !== undefined) for await (const _ of rest);
    }
    if (enough(events)) return events
    if (!(await stream.take())) return expect.fail('interrupted')
  }
}

async function failureOf(stream: BinlogStream): Promise<OffbeatError> {
  return await readUntil(stream, () => false).then(
    () => expect.fail('it did not fail'),
    (error: unknown) => asOffbeatError(error),
  )
}

async function withTable(version: (typeof BOTH_PRODUCTS)[number], settings = {}): Promise<MysqlServer> {
  const server = await startMysql({ version, settings })
  await server.query('', 'CREATE DATABASE d; CREATE TABLE d.item (id int PRIMARY KEY, note longtext)')
  return server
}

const insert = (server: MysqlServer, ...ids: readonly number[]) =>
  server.query('d', `INSERT INTO item VALUES ${ids.map((id) => `(${id}, 'x')`).join(', ')}`)

describe.each(BOTH_PRODUCTS)('the dump of %s', (version) => {
  const absent = mysqlMissing(version) !== null

  test.skipIf(absent)(
    'gives what came after, by ids and by file, and heartbeats while nothing is written',
    async () => {
      await using server = await withTable(version)
      await insert(server, 1)
      const { ids, ...position } = await endOf(server)
      await insert(server, 2, 3)
      for (const from of [{ ids }, position]) {
        await using stream = await dump(server, from)
        expect(await stream.begin()).toBe(true)
        const events = await readUntil(stream, (some) => idsOf(some).length >= 2)
        expect(idsOf(events)).toEqual([2, 3])
        const after = await readUntil(stream, (some) => some.filter(({ type }) => type === 'progress').length >= 3)
        expect(after.filter(({ type }) => type !== 'progress')).toEqual([])
      }
    },
  )

  test.skipIf(absent)('an event of several packets comes whole', async () => {
    await using server = await withTable(version, { max_allowed_packet: '128M' })
    const { ids } = await endOf(server)
    await server.query('d', `INSERT INTO item VALUES (1, REPEAT('0123456789', 4000000)), (2, 'short')`)
    await insert(server, 3)
    await using stream = await dump(server, { ids })
    const events = await readUntil(stream, (some) => idsOf(some).length >= 3)
    expect(idsOf(events)).toEqual([1, 2, 3])
    const [first] = events.filter((event) => event.type === 'change')
    const [, , start = 0, end = 0] = first?.after?.spans ?? []
    expect(end - start).toBe(40_000_000)
  })

  test.skipIf(absent)(
    'a reader that takes nothing for longer than the net_write_timeout of the server loses nothing',
    async () => {
      await using server = await withTable(version, { net_write_timeout: '1', max_allowed_packet: '128M' })
      const { ids } = await endOf(server)
      await using stream = await dump(server, { ids })
      await stream.begin()
      for (let id = 1; id <= 4; id++)
        await server.query('d', `INSERT INTO item VALUES (${id}, REPEAT('0123456789', 3000000))`)
      const dumps = () =>
        server.query('', `SELECT STATE AS state FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'`)
      await waitFor({ until: 'the server waits for us' }, async () =>
        (await dumps()).some(({ state }) => /^(Sending|Writing)/.test(String(state))),
      )
      await server.query('', 'SELECT SLEEP(3)')
      const events = await readUntil(stream, (some) => idsOf(some).length >= 4)
      expect(idsOf(events)).toEqual([1, 2, 3, 4])
    },
  )

  test.skipIf(absent)(
    'the server ends the older of two with one server id, and refuses what it does not have',
    async () => {
      await using server = await withTable(version)
      const position = await endOf(server)
      await using older = await dump(server, position)
      await older.begin()
      await using newer = await dump(server, position)
      await newer.begin()
      expect((await failureOf(older)).details['number']).toBe(server.product === 'mysql' ? 1236 : 4052)
      await using beside = await dump(server, position, 'another')
      await beside.begin()
      await insert(server, 1)
      for (const stream of [newer, beside])
        expect(idsOf(await readUntil(stream, (some) => idsOf(some).length > 0))).toEqual([1])
      await using missing = await dump(server, { file: 'binlog.000099' }, 'third')
      expect(await failureOf(missing)).toMatchObject({ details: { number: 1236 } })
    },
  )

  test.skipIf(absent)('a connection that is ended, and a server that stops, are transient errors', async () => {
    await using server = await withTable(version)
    const position = await endOf(server)
    await using killed = await dump(server, position)
    await killed.begin()
    const sessions = await server.query(
      '',
      `SELECT ID AS id FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'`,
    )
    for (const { id } of sessions) await server.query('', `KILL ${String(id)}`)
    expect((await failureOf(killed)).kind).toBe('transient')
    await using stopped = await dump(server, position)
    await stopped.begin()
    const [error] = await Promise.all([failureOf(stopped), server.stop()])
    expect(error.kind).toBe('transient')
  })
})
