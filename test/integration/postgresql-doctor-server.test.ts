import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CheckFinding } from '../../src/sources/check.ts'
import {
  type ExaminedDatabase,
  examineNow,
  expectFixed,
  type PostgresqlProblem,
  restart,
  runPrinted,
  serverSetting,
  sql,
} from '../support/broken-postgresql.ts'
import { found, NO_SIGNS } from '../support/broken-server.ts'
import { type PostgresServer, postgresqlMissing, sharedPostgresql, startPostgresql } from '../support/postgresql.ts'
import { firstOffsetOf, readFrom, type WatchedDatabase, watchedDatabase } from '../support/postgresql-reading.ts'
import { readingContext } from '../support/reading.ts'

const FILLERS = `SELECT pg_create_physical_replication_slot('f' || n) FROM generate_series(1,
  current_setting('max_replication_slots')::int - (SELECT count(*)::int FROM pg_replication_slots)) n`

const PROBLEMS: readonly PostgresqlProblem[] = [
  {
    code: 'RETENTION_UNBOUNDED',
    id: 'postgresql.retention',
    cause: serverSetting('RESET max_slot_wal_keep_size'),
  },
  {
    code: 'RETENTION_SHORT',
    id: 'postgresql.retention',
    cause: serverSetting("SET max_slot_wal_keep_size = '256MB'"),
  },
  {
    code: 'POSTGRES_IDLE_TIMEOUT_SHORT',
    id: 'postgresql.idle-timeout',
    cause: serverSetting("SET idle_replication_slot_timeout = '1h'"),
  },
  {
    code: 'POSTGRES_NO_KEEPALIVES',
    id: 'postgresql.wal-sender-timeout',
    cause: serverSetting('SET wal_sender_timeout = 0'),
  },
  {
    code: 'POSTGRES_NO_SLOTS_LEFT',
    id: 'postgresql.free-slots',
    cause: sql(FILLERS),
    restart: true,
    afterwards: sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name ~ '^f[0-9]'"),
  },
]

describe.skipIf(postgresqlMissing(18) !== null)(
  'what the doctor finds of a server of PostgreSQL 18 is fixed by what it prints',
  () => {
    let server: PostgresServer
    beforeAll(async () => {
      server = await startPostgresql({ settings: { max_replication_slots: '10' } })
    })
    afterAll(async () => {
      await server[Symbol.asyncDispose]()
    })

    test.each(PROBLEMS)('$code', (problem) => expectFixed(problem, server))

    test('POSTGRES_SLOT_IN_USE: another connector reads the slot', async () => {
      await using database = await watchedDatabase(server)
      const examined: ExaminedDatabase = { database, config: database.config, signs: NO_SIGNS }
      const offset = await firstOffsetOf(database.config)
      const reading = await readFrom(offset, database.config, 'none', { ...readingContext, source: 'other' })
      await reading.until('the slot is read', async () => (await database.slot())?.['active'] === true)
      const finding = found(await examineNow(examined), 'postgresql.slot-holder')
      expect(finding).toMatchObject({ code: 'POSTGRES_SLOT_IN_USE', found: expect.stringContaining('offbeat other') })
      await runPrinted(finding, database, /leftover session/)
      await reading.failure()
      await reading[Symbol.asyncDispose]()
      expect(found(await examineNow(examined), 'postgresql.slot-holder')).toMatchObject({ status: 'ok' })
    })

    test.each([
      ['shop', { status: 'skip', found: expect.stringContaining('this connector is creating the slot') }],
      ['other', { status: 'fail', code: 'POSTGRES_SLOT_IN_USE' }],
    ])('POSTGRES_SLOT_IN_USE: the slot is being made by the connector of %s', async (source, expected) => {
      await using database = await watchedDatabase(server)
      const signs = { ...NO_SIGNS, running: { sinceMs: Date.now() } }
      const examined: ExaminedDatabase = { database, config: database.config, signs }
      await using open = await server.connect(database.name)
      await open.query("BEGIN; INSERT INTO item VALUES (1, 'open')")
      const reading = await readFrom('now', database.config, 'none', { ...readingContext, source })
      await reading.until('the slot is being made', async () => (await database.slot())?.['active'] === true)
      const finding = found(await examineNow(examined), 'postgresql.place')
      expect(finding).toMatchObject(expected)
      await runPrinted(finding, database)
      if (source === 'other') await reading.failure()
      else {
        await open.query('COMMIT')
        await reading.firstOffset()
      }
      await reading[Symbol.asyncDispose]()
      await database.server.dropSlots(database.name)
      expect(found(await examineNow(examined), 'postgresql.place')).toMatchObject({ status: 'ok' })
    })

    test('POSTGRES_WAL_LEVEL and POSTGRES_NO_SENDERS_LEFT: settings that need a restart', async () => {
      await using database = await watchedDatabase(server)
      const examined: ExaminedDatabase = { database, config: database.config, signs: NO_SIGNS }
      for (const slot of await server.query('postgres', 'SELECT slot_name FROM pg_replication_slots'))
        await server.query('postgres', `SELECT pg_drop_replication_slot('${String(slot['slot_name'])}')`)
      await database.query('ALTER SYSTEM SET wal_level = replica')
      await restart(server)
      const level = found(await examineNow(examined), 'postgresql.wal-level')
      expect(level).toMatchObject({ status: 'fail', code: 'POSTGRES_WAL_LEVEL' })
      await runPrinted(level, database)
      await database.query('ALTER SYSTEM SET max_wal_senders = 1')
      await restart(server)
      expect(found(await examineNow(examined), 'postgresql.wal-level')).toMatchObject({ status: 'ok' })
      await using other = await watchedDatabase(server)
      await using reading = await readFrom('now', other.config)
      await reading.firstOffset()
      await reading.until('the slot is read', async () => (await other.slot())?.['active'] === true)
      const senders = found(await examineNow(examined), 'postgresql.free-senders')
      expect(senders).toMatchObject({ status: 'fail', code: 'POSTGRES_NO_SENDERS_LEFT' })
      await runPrinted(senders, database)
      await restart(server)
      await using again = await readFrom('now', { ...other.config, slot: `${other.config.slot.slice(0, 50)}_2` })
      await again.firstOffset()
      expect(found(await examineNow(examined), 'postgresql.free-senders')).toMatchObject({ status: 'ok' })
    })
  },
)

describe.skipIf(postgresqlMissing(13) !== null)('PostgreSQL 13', () => {
  test('DATABASE_VERSION: the words ask for a newer server, and on one it is well', async () => {
    await using old = await startPostgresql({ version: 13 })
    // Not disposed of: it has no slot, and goes with its server.
    const database = await watchedDatabase(old)
    const finding = found(await versionOf(database), 'postgresql.version')
    expect(finding).toMatchObject({ status: 'fail', code: 'DATABASE_VERSION', found: expect.stringContaining('13') })
    expect(finding.expected).toContain('14 or newer')
    expect(finding.fix).toMatchObject([{ in: 'person', text: expect.stringContaining('Upgrade the server') }])
    await using newer = await watchedDatabase(await sharedPostgresql(14))
    expect(found(await versionOf(newer), 'postgresql.version')).toMatchObject({ status: 'ok' })
  })
})

async function versionOf(database: WatchedDatabase): Promise<readonly CheckFinding[]> {
  return await examineNow({ database, config: database.config, signs: NO_SIGNS })
}
