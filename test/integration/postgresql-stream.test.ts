import { describe, expect, test } from 'vitest'
import type { LogEvent } from '../../src/model/log-event.ts'
import { openReader } from '../../src/sources/postgresql/read/reader.ts'
import { postgresqlMissing, sharedPostgresql, startPostgresql } from '../support/postgresql.ts'
import {
  firstOffsetOf,
  readFrom,
  type WatchedDatabase,
  watchedDatabase,
  withConnection,
} from '../support/postgresql-reading.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'
import { readingContext } from '../support/reading.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { letPass, waitFor } from '../support/wait-for.ts'

async function isActive(database: WatchedDatabase): Promise<boolean> {
  return (await database.slot())?.['active'] === true
}

function sockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => /TCP|TLS/.test(kind)).length
}

describe.each(OLD_AND_NEW)('PostgreSQL %d', (version) => {
  describe.skipIf(postgresqlMissing(version) !== null)('the stream', () => {
    test('promise 13: a stop leaves no socket, no session and a free slot, and a second one is harmless', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const before = sockets()
      const reading = await readFrom('now', database.config, 'all')
      await reading.firstOffset()
      await database.query("INSERT INTO item VALUES (1, 'a')")
      await reading.until('the row', () => reading.ids.length === 1)
      await reading.stop()
      expect(await reading.failure()).toBeNull()
      await reading[Symbol.asyncDispose]()
      await reading[Symbol.asyncDispose]()
      expect(sockets()).toBe(before)
      await waitFor({ until: 'the slot is free' }, async () => !(await isActive(database)))
      const sessions = `SELECT pid FROM pg_stat_activity WHERE usename = '${database.user}'`
      await waitFor({ until: 'no session is left' }, async () => (await database.query(sessions)).length === 0)
    })

    test('on disposal the slot gets what was acknowledged just before', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const reading = await readFrom('now', database.config)
      await reading.firstOffset()
      await database.query("INSERT INTO item VALUES (1, 'a')")
      const commit = await reading.until('the commit', () => reading.commits[0])
      await reading.stop()
      let notified = 0
      reading.reader.acknowledge(commit.offset, () => notified++)
      await reading[Symbol.asyncDispose]()
      expect(notified).toBe(1)
      await waitFor({ until: 'the slot is free' }, async () => !(await isActive(database)))
      expect((await database.slot())?.['confirmed_flush_lsn']).toBe(String(commit.offset.position))
    })

    test('while the slot waits for an open transaction it can be stopped, and no slot is left', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const open = await database.server.connect(database.name)
      await open.query('BEGIN')
      await open.query("INSERT INTO item VALUES (1, 'open')")
      const reading = await readFrom('now', database.config)
      const creating = `SELECT pid FROM pg_stat_activity WHERE usename = '${database.user}' AND wait_event_type = 'Lock'`
      await waitFor({ until: 'the creation waits' }, async () => (await database.query(creating)).length > 0)
      await reading[Symbol.asyncDispose]()
      await open.query('ROLLBACK')
      await open[Symbol.asyncDispose]()
      await waitFor({ until: 'the half-made slot is gone' }, async () => (await database.slot()) === null)
    })

    test('what the publication lacks is said at the start', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query(
        'CREATE TABLE "Odd Name" (id int PRIMARY KEY); ALTER PUBLICATION streamkap_pub DROP TABLE streamkap.streamkap_heartbeat',
      )
      const config = { ...database.config, tables: ['public.*', 'sales.*'] }
      await using reading = await readFrom('now', config)
      await reading.until('the notices', () => reading.notices.length >= 4)
      expect(reading.notices).toMatchObject([
        { code: 'POSTGRES_SLOT_CREATED' },
        { code: 'TABLE_PATTERN_UNUSED', details: { pattern: 'sales.*' } },
        {
          code: 'POSTGRES_TABLE_NOT_PUBLISHED',
          fix: [{ text: 'ALTER PUBLICATION streamkap_pub ADD TABLE public."Odd Name"' }],
        },
        {
          code: 'POSTGRES_HEARTBEAT_NOT_PUBLISHED',
          fix: [{ text: 'ALTER PUBLICATION streamkap_pub ADD TABLE streamkap.streamkap_heartbeat' }],
        },
      ])
    })
  })
})

/** A shutdown that waits for us would last this long, and the test would fail. */
const LONG_TIMEOUT = { wal_sender_timeout: '1h' }
const KEEPALIVE_BYTES = 23

describe.skipIf(postgresqlMissing(18) !== null).each(OLD_AND_NEW)('a server of its own, PostgreSQL %d', (version) => {
  test('a fast shutdown does not wait for us, and is a reason to try again', async () => {
    await using server = await startPostgresql({ version, settings: LONG_TIMEOUT })
    await using database = await watchedDatabase(server)
    const reading = await readFrom('now', database.config, 'all')
    await reading.firstOffset()
    await database.query("INSERT INTO item VALUES (1, 'a')")
    await reading.until('the row', () => reading.ids.length === 1)
    await server.stop('fast')
    expect(await reading.failure()).toMatchObject({ code: 'DATABASE_STOPPING', retry: true })
    await reading[Symbol.asyncDispose]()
    await server.start()
  })

  test('a shutdown that we do not acknowledge draws few keepalives, and one acknowledgement ends it', async () => {
    await using server = await startPostgresql({ version, settings: LONG_TIMEOUT })
    await using database = await watchedDatabase(server)
    await using proxy = await startTcpProxy({ host: server.host, port: server.port })
    const config = withConnection(database.config, { hosts: [{ host: proxy.host, port: proxy.port }] })
    await using reading = await readFrom('now', config)
    await reading.firstOffset()
    await database.query("INSERT INTO item VALUES (1, 'a')")
    await reading.until('the row', () => reading.ids.length === 1)
    const stopped = server.stop('fast')
    const urgent = await reading.until('urgent progress', () =>
      reading.events.find(
        (event) =>
          event.type === 'progress' &&
          event.urgent &&
          event.offset.moved.by === 'progress' &&
          reading.commits.length > 0 &&
          reading.events.indexOf(event) > 2,
      ),
    )
    const beforeMs = performance.now()
    const before = proxy.passed().down
    const keepalives = () => (proxy.passed().down - before) / KEEPALIVE_BYTES
    await waitFor({ until: 'four more keepalives' }, () => keepalives() >= 4)
    // Each is answered at most four times a second; one that is answered at once draws the next at once. A slow machine raises the bound.
    expect(keepalives()).toBeLessThan(20 * (1 + (performance.now() - beforeMs) / 1000))
    const newest = reading.events.findLast((event) => event.type === 'progress')
    if (newest?.type !== 'progress' || urgent.type !== 'progress') throw new Error('no progress')
    reading.reader.acknowledge(newest.offset, () => undefined)
    await stopped
    await server.start()
  })
})

describe.skipIf(postgresqlMissing(18) !== null)('a server of its own', () => {
  test('nobody pulls for longer than wal_sender_timeout: the connection lives, reading is bounded, and all comes', async () => {
    await using server = await startPostgresql({ settings: { wal_sender_timeout: '4s' } })
    await using database = await watchedDatabase(server)
    const startOffset = await firstOffsetOf(database.config)
    await database.query("INSERT INTO item SELECT n, repeat('x', 1000) FROM generate_series(1, 60000) n")
    await using proxy = await startTcpProxy({ host: server.host, port: server.port })
    const config = withConnection(database.config, { hosts: [{ host: proxy.host, port: proxy.port }] })
    await using reader = await openReader(config, readingContext)
    const stop = new AbortController()
    let rows = 0
    let idleMs = 6000
    for await (const events of reader.read(startOffset, stop.signal)) {
      rows += events.filter(({ type }) => type === 'change').length
      if (idleMs > 0 && rows > 0) {
        await letPass(idleMs)
        idleMs = 0
        // 4 MiB of ours, and what the proxy and the system hold on both sides.
        expect(proxy.passed().down).toBeLessThan(30 * 1024 * 1024)
        expect(await isActive(database)).toBe(true)
      }
      if (events.some(({ type }) => type === 'commit')) break
    }
    stop.abort()
    expect(rows).toBe(60_000)
  })

  test('a silent network is found out', async () => {
    await using server = await startPostgresql({ settings: { wal_sender_timeout: '4s' } })
    await using database = await watchedDatabase(server)
    await using proxy = await startTcpProxy({ host: server.host, port: server.port })
    const config = withConnection(database.config, { hosts: [{ host: proxy.host, port: proxy.port }] })
    await using reading = await readFrom('now', config)
    await reading.firstOffset()
    await reading.until('the stream', () => isActive(database))
    await letPass(6000)
    expect(await isActive(database)).toBe(true)
    proxy.swallow(true)
    expect(await reading.failure()).toMatchObject({
      code: 'DATABASE_CONNECTION_LOST',
      found: expect.stringContaining('the server sent nothing'),
    })
    proxy.swallow(false)
  })

  test('a killed server, and after its return the rest', async () => {
    await using server = await startPostgresql()
    await using database = await watchedDatabase(server)
    const reading = await readFrom('now', database.config)
    await reading.firstOffset()
    await database.query("INSERT INTO item VALUES (1, 'a'), (2, 'b')")
    const commit = await reading.until('the commit', () => reading.commits[0])
    await server.kill()
    expect(await reading.failure()).toMatchObject({ retry: true })
    await reading[Symbol.asyncDispose]()
    await server.start()
    await database.query("INSERT INTO item VALUES (3, 'c')")
    await using again = await readFrom(commit.offset, database.config)
    await again.until('the row', () => again.ids.length > 0)
    expect(again.ids).toEqual([3])
  })

  test('a transaction far larger than the buffer passes in bounded memory', async () => {
    await using database = await watchedDatabase(await sharedPostgresql())
    const startOffset = await firstOffsetOf(database.config)
    await database.query("INSERT INTO item SELECT n, repeat('x', 100) FROM generate_series(1, 300000) n")
    await using reader = await openReader(database.config, readingContext)
    const stop = new AbortController()
    const before = process.memoryUsage().rss
    let rows = 0
    let peak = 0
    for await (const events of reader.read(startOffset, stop.signal)) {
      rows += countChanges(events)
      peak = Math.max(peak, process.memoryUsage().rss - before)
      if (events.some(({ type }) => type === 'commit')) break
    }
    stop.abort()
    expect(rows).toBe(300_000)
    expect(peak).toBeLessThan(150 * 1024 * 1024)
  })
})

function countChanges(events: readonly LogEvent[]): number {
  return events.reduce((count, { type }) => count + (type === 'change' ? 1 : 0), 0)
}
