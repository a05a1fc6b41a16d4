import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { PostgresqlConfig } from '../../src/sources/postgresql/config.ts'
import { besides, connectPostgres } from '../../src/sources/postgresql/connect/connection.ts'
import { POSTGRESQL } from '../../src/sources/postgresql/definition.ts'
import { openProbe } from '../../src/sources/postgresql/inspect/probe.ts'
import { openReader } from '../../src/sources/postgresql/read/reader.ts'
import { Capture } from '../support/captured-tables.ts'
import { postgresqlMissing, sharedPostgresql, startPostgresql } from '../support/postgresql.ts'
import {
  firstOffsetOf,
  readFrom,
  refusal,
  type WatchedDatabase,
  watchedDatabase,
  withConnection,
} from '../support/postgresql-reading.ts'
import { readingContext } from '../support/reading.ts'
import { waitFor } from '../support/wait-for.ts'

type Host = PostgresqlConfig['connection']['hosts'][number]

const never = new AbortController().signal
const CLOSED: Host = { host: '127.0.0.1', port: 1 }

/** Takes connections and never says a word. */
async function blackHole(): Promise<Host & AsyncDisposable & { connected(): number }> {
  let count = 0
  const server = createServer((socket) => {
    count++
    // Read, or the end from the other side would never be noticed.
    socket.resume().on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    host: '127.0.0.1',
    port: typeof address === 'object' && address !== null ? address.port : 0,
    connected: () => count,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

/** A slot waits for open transactions while it is being created, and has no position before. */
async function inTheMaking(database: WatchedDatabase): Promise<void> {
  await using open = await database.server.connect(database.name)
  await open.query('BEGIN')
  await open.query("INSERT INTO item VALUES (1, 'open')")
  await using reading = await readFrom('now', database.config)
  await waitFor({ until: 'the slot is being made' }, async () => (await database.slot()) !== null)
  expect(await refusal('now', database.config)).toMatchObject({
    code: 'POSTGRES_SLOT_IN_USE',
    retry: true,
    message: expect.stringContaining('being created'),
  })
  await reading.stop()
  expect(await database.slot()).toBeNull()
}

describe.skipIf(postgresqlMissing(18) !== null)('several hosts, of which a standby answers', () => {
  test('the standby is a fallback: it is not kept, not leaked, and what it lacks is tried again', async () => {
    await using server = await startPostgresql()
    await using database = await watchedDatabase(server)
    const offset = await firstOffsetOf(database.config)
    await server.dropSlots(database.name)
    await inTheMaking(database)
    const primary = { host: server.host, port: server.port }
    const connections = async () =>
      (await database.query(`SELECT pid FROM pg_stat_activity WHERE usename = '${database.user}'`)).length
    const noneLeft = () => waitFor({ until: 'no connection of ours is left' }, async () => (await connections()) === 0)
    const hosts = (...list: Host[]) => withConnection(database.config, { hosts: list })

    await using beside = besides(hosts(CLOSED, primary), 'shop', { use: 'inspect' })
    await beside.use(never, async (connection) => expect(connection.isFallback).toBe(false))
    expect(await connections()).toBe(1)

    await server.stop('fast')
    await writeFile(join(server.dataDir, 'standby.signal'), '')
    await server.start()
    expect(await refusal(offset, hosts(CLOSED, primary))).toMatchObject({
      code: 'POSTGRES_ONLY_STANDBY',
      retry: true,
      found: expect.stringContaining('POSTGRES_SLOT_MISSING'),
    })
    await beside.use(never, async (connection) => expect(connection.isFallback).toBe(true))
    await noneLeft()

    await using hole = await blackHole()
    const stop = new AbortController()
    const stopped = connectPostgres(hosts(primary, hole), { source: 'shop', use: 'inspect', signal: stop.signal })
    const outcome = expect(stopped).rejects.toThrow('enough')
    await waitFor({ until: 'the black hole is tried' }, () => hole.connected() > 0)
    stop.abort(new Error('enough'))
    await outcome
    await noneLeft()

    // The black hole first, with its time cut short; then the standby, asked for in vain.
    const late = besides(hosts(hole, primary), 'shop', { use: 'inspect' })
    await late.use(never, async (connection) => expect(connection.isFallback).toBe(true))
    await late[Symbol.asyncDispose]()
    await noneLeft()
    await server.query('postgres', 'SELECT pg_promote()')
  })
})

test('a connector that finds no answer ends at once when it is stopped', async () => {
  await using database = await watchedDatabase(await sharedPostgresql())
  await using hole = await blackHole()
  const capture = new Capture({ definition: POSTGRESQL, config: withConnection(database.config, { hosts: [hole] }) })
  await capture.start()
  await waitFor({ until: 'the reader and the probe wait for an answer' }, () => hole.connected() >= 2)
  const timedOut = () => capture.log.withCode('DATABASE_UNREACHABLE').length
  const before = timedOut()
  await capture[Symbol.asyncDispose]()
  // Without the signal both would wait until the time for an answer is over.
  expect(timedOut()).toBe(before)
})

test('a reader and a probe that are being opened end at once when they are stopped', async () => {
  await using database = await watchedDatabase(await sharedPostgresql())
  await using hole = await blackHole()
  const config = withConnection(database.config, { hosts: [hole] })
  for (const open of [openReader, openProbe]) {
    const before = hole.connected()
    const stop = new AbortController()
    const outcome = expect(open(config, readingContext, stop.signal)).rejects.toThrow('enough')
    await waitFor({ until: 'the black hole is tried' }, () => hole.connected() > before)
    stop.abort(new Error('enough'))
    // Without the signal each would wait until the time for an answer is over, and fail with that.
    await outcome
  }
})
