import { describe, expect, test } from 'vitest'
import { OffbeatError } from '../../src/model/error.ts'
import type { LogState } from '../../src/model/log-state.ts'
import type { PostgresqlConfig } from '../../src/sources/postgresql/config.ts'
import { connectPostgres } from '../../src/sources/postgresql/connect/connection.ts'
import { inspectLog } from '../../src/sources/postgresql/inspect/inspect.ts'
import { openProbe } from '../../src/sources/postgresql/inspect/probe.ts'
import { LSN_POSITIONS, lsnFromBigint, lsnToBigint } from '../../src/sources/postgresql/position.ts'
import { scriptOf, withText } from '../support/fix-script.ts'
import { postgresqlMissing, sharedPostgresql, startPostgresql } from '../support/postgresql.ts'
import { firstOffsetOf, readFrom, watchedDatabase } from '../support/postgresql-reading.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'
import { readingContext } from '../support/reading.ts'

const never = new AbortController().signal

async function beatOnce(config: PostgresqlConfig): Promise<unknown> {
  await using probe = await openProbe(config, readingContext)
  return await probe.beat?.('offbeat:shop:1', never).then(
    () => 'written',
    (error: unknown) => error,
  )
}

describe.each(OLD_AND_NEW)('PostgreSQL %d', (version) => {
  describe.skipIf(postgresqlMissing(version) !== null)('beats', () => {
    test('promise 7: one row, inserted when missing, seen in the stream by its nonce, and no more rows with time', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await using reading = await readFrom('now', database.config)
      await reading.firstOffset()
      await using probe = await openProbe(database.config, readingContext)
      await reading.until('the stream', async () => (await database.slot())?.['active'] === true)
      for (const id of ['a', 'b', 'c']) await probe.beat?.(`offbeat:shop:${id}`, never)
      await reading.until('three pulses', () => reading.events.filter(({ type }) => type === 'pulse').length === 3)
      const pulses = reading.events.filter((event) => event.type === 'pulse')
      expect(pulses.map(({ nonce }) => nonce)).toEqual(['offbeat:shop:a', 'offbeat:shop:b', 'offbeat:shop:c'])
      expect(await database.query('SELECT id, text FROM streamkap.streamkap_heartbeat')).toEqual([
        { id: 1, text: 'offbeat:shop:c' },
      ])
    })

    test('promise 11: no table, no schema, no grant, read-only, wrong columns, a locked row, a trigger that swallows it: each by its code', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const { config, user } = database
      const source = { ...config.heartbeat.source, intervalMs: 500 }
      await database.query(`INSERT INTO streamkap.streamkap_heartbeat (text) VALUES ('test_heartbeat')`)
      const lock = await database.server.connect(database.name)
      await lock.query('BEGIN')
      await lock.query('SELECT * FROM streamkap.streamkap_heartbeat FOR UPDATE')
      expect(await beatOnce({ ...config, heartbeat: { ...config.heartbeat, source } })).toMatchObject({
        code: 'HEARTBEAT_SLOW',
      })
      await lock[Symbol.asyncDispose]()
      expect(await beatOnce(config)).toBe('written')
      await database.query(`CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER swallow BEFORE UPDATE ON streamkap.streamkap_heartbeat FOR EACH ROW EXECUTE FUNCTION swallow()`)
      const swallowed = await beatOnce(config)
      expect(swallowed).toMatchObject({ code: 'HEARTBEAT_SUPPRESSED', kind: 'configuration' })
      const disable = swallowed instanceof OffbeatError ? swallowed.fix.at(-1)?.text : undefined
      expect(disable).toBe('ALTER TABLE streamkap.streamkap_heartbeat DISABLE TRIGGER swallow')
      await database.query(disable ?? '')
      await database.query(`REVOKE UPDATE ON streamkap.streamkap_heartbeat FROM ${user}`)
      expect(await beatOnce(config)).toMatchObject({
        code: 'HEARTBEAT_DENIED',
        fix: expect.arrayContaining([
          withText(`GRANT SELECT, INSERT, UPDATE, DELETE ON streamkap.streamkap_heartbeat TO ${user}`),
        ]),
      })
      await database.query(
        `GRANT UPDATE ON streamkap.streamkap_heartbeat TO ${user}; ALTER ROLE ${user} SET default_transaction_read_only = on`,
      )
      expect(await beatOnce(config)).toMatchObject({ code: 'HEARTBEAT_READ_ONLY', kind: 'read-only' })
      await database.query(
        `ALTER ROLE ${user} RESET default_transaction_read_only; ALTER TABLE streamkap.streamkap_heartbeat DROP COLUMN text`,
      )
      expect(await beatOnce(config)).toMatchObject({ code: 'HEARTBEAT_TABLE_SHAPE' })
      await database.query('DROP TABLE streamkap.streamkap_heartbeat')
      expect(await beatOnce(config)).toMatchObject({ code: 'HEARTBEAT_TABLE_MISSING', kind: 'configuration' })
      await database.query('DROP SCHEMA streamkap')
      expect(await beatOnce(config)).toMatchObject({ code: 'HEARTBEAT_TABLE_MISSING' })
    })
  })

  describe.skipIf(postgresqlMissing(version) !== null)('an inspection of the log', () => {
    test('promise 11: the numbers agree with the server, and what a plain role may not see names its grant', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const offset = await firstOffsetOf(database.config)
      await database.query("INSERT INTO item SELECT n, repeat('x', 100) FROM generate_series(1, 1000) n")
      await using probe = await openProbe(database.config, readingContext)
      const state = await probe.inspect(() => offset, never)
      const slot = await database.slot()
      const head = lsnToBigint(LSN_POSITIONS.parse(state.head.shown))
      expect(state.server).toEqual(offset.server)
      expect(state.writtenBytes).toBe(head)
      expect(state.lagBytes).toBe(head - lsnToBigint(offset.position))
      expect(state.lagBytes).toBeGreaterThan(100_000n)
      expect(state.behind).toBe('yes')
      expect(state.head.position).toEqual(LSN_POSITIONS.parse(state.head.shown))
      expect(state.heldBytes).toBe(head - lsnToBigint(LSN_POSITIONS.parse(String(slot?.['restart_lsn']))))
      expect(state.resume).toMatchObject({ can: 'yes', as: 'same server' })
      expect(state.unseen.map(({ fix }) => fix.text)).toContain(`GRANT pg_monitor TO ${database.user}`)
    })

    test('an inspection finds what the role is not allowed to do: REPLICATION, the grants on the heartbeat table, the table', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const { user } = database
      const offset = await firstOffsetOf(database.config)
      await using probe = await openProbe(database.config, readingContext)
      expect(await probe.inspect(() => offset, never)).toMatchObject({ resume: { can: 'yes' }, unwritable: null })
      await database.query(`ALTER ROLE ${user} NOREPLICATION`)
      expect((await probe.inspect(() => offset, never)).resume).toMatchObject({
        can: 'no',
        code: 'POSTGRES_REPLICATION_DENIED',
        choices: expect.arrayContaining([withText(`ALTER ROLE ${user} REPLICATION`)]),
      })
      await database.query(
        `ALTER ROLE ${user} REPLICATION; REVOKE UPDATE ON streamkap.streamkap_heartbeat FROM ${user}`,
      )
      const denied = await probe.inspect(() => offset, never)
      expect(denied.resume).toMatchObject({ can: 'yes' })
      expect(denied.unwritable).toMatchObject({ hop: 'written', code: 'HEARTBEAT_DENIED' })
      await database.query(scriptOf(denied.unwritable?.fix ?? []))
      expect((await probe.inspect(() => offset, never)).unwritable).toBeNull()
      await database.query(`REVOKE USAGE ON SCHEMA streamkap FROM ${user}`)
      expect((await probe.inspect(() => offset, never)).unwritable?.fix).toMatchObject([
        { text: `GRANT USAGE ON SCHEMA streamkap TO ${user}` },
      ])
      await database.query('DROP TABLE streamkap.streamkap_heartbeat')
      const missing = await probe.inspect(() => offset, never)
      expect(missing.unwritable).toMatchObject({ code: 'HEARTBEAT_TABLE_MISSING' })
      await database.query(scriptOf(missing.unwritable?.fix ?? []))
      expect((await probe.inspect(() => offset, never)).unwritable).toBeNull()
    })

    test('a connector that goes on during an inspection is not taken for a slot that somebody moved', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const offset = await firstOffsetOf(database.config)
      await using probe = await openProbe(database.config, readingContext)
      const later = (lsn: bigint) => ({ ...offset, position: lsnFromBigint(lsnToBigint(offset.position) + lsn) })
      const earlier = later(-8n)
      // At the first call as the inspection begins.
      const movingTo = (latest: typeof offset) => {
        const offsets = [earlier]
        return () => offsets.pop() ?? latest
      }
      expect((await probe.inspect(() => earlier, never)).resume).toMatchObject({
        can: 'no',
        code: 'POSTGRES_SLOT_AHEAD',
      })
      // What is stored by then may lie beyond the end of the log as the inspection saw it.
      const stored = async (latest: typeof offset) => (await probe.inspect(movingTo(latest), never)).resume.can
      expect(await stored(offset)).toBe('yes')
      expect(await stored(later(1n << 40n))).toBe('yes')
      expect(await stored(earlier)).toBe('no')
    })

    test('the disk: unknown with the setting for it, configured, and measured with our privileges', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const offset = await firstOffsetOf(database.config)
      const inspect = async (disk: PostgresqlConfig['disk']) => {
        await using probe = await openProbe({ ...database.config, disk }, readingContext)
        const { limits, heldBytes, run } = await probe.inspect(() => offset, never)
        return { limit: limits.find(({ name }) => name === 'disk'), heldBytes, run }
      }
      const unknown = await inspect(null)
      expect(unknown.limit).toMatchObject({ keeps: null, ends: 'disk full' })
      expect(unknown.limit?.because[0]).toContain('the size of the disk is not known')
      expect(unknown.run.run).toContain(' since 20')
      const log = { sizeBytes: 5e11, holds: 'log' } as const
      const plain = await inspect(log)
      expect(plain.limit).toMatchObject({ keeps: 5e11, used: Number(plain.heldBytes), certain: false })
      await database.query(`GRANT pg_monitor TO ${database.user}`)
      const [{ wal, data } = {}] = await database.query(
        `SELECT sum(size)::bigint AS wal, (SELECT sum(pg_database_size(oid)) FROM pg_database)::bigint AS data
         FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'`,
      )
      const seen = await inspect(log)
      expect(seen.limit).toMatchObject({ certain: true })
      expect(Math.abs((seen.limit?.used ?? 0) - Number(wal))).toBeLessThan(64 * 1024 ** 2)
      const everything = await inspect({ ...log, holds: 'everything' })
      expect(everything.limit?.used).toBeGreaterThan(Number(data) / 2)
      expect(everything.limit?.because.join()).toContain('a full disk stops the server')
    })

    test('an offset that can no longer be opened is reported in the same words as by the reader', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const offset = await firstOffsetOf(database.config)
      await database.server.dropSlots(database.name)
      await using probe = await openProbe(database.config, readingContext)
      expect((await probe.inspect(() => offset, never)).resume).toMatchObject({
        can: 'no',
        code: 'POSTGRES_SLOT_MISSING',
        choices: expect.arrayContaining([withText('offbeat offsets reset shop')]),
      })
    })

    test('the position of a slot can be taken over, and read from', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const startOffset = await firstOffsetOf(database.config)
      await database.query("INSERT INTO item VALUES (1, 'a')")
      await using probe = await openProbe(database.config, readingContext)
      const kept = await probe.keptPosition?.(never)
      expect(kept).toMatchObject({ position: startOffset.position, reader: null })
      const content = await probe.offsetAt?.(startOffset.position, null, never)
      expect(content).toEqual({ server: startOffset.server, memory: {} })
      await using reading = await readFrom({ ...startOffset, ...content }, database.config)
      await reading.until('the row', () => reading.ids.length === 1)
      expect((await probe.keptPosition?.(never))?.reader).toMatch(
        /^process \d+ \(application offbeat shop, user \w+\) from .* since .* reads the slot /u,
      )
      await database.server.dropSlots(database.name)
      await expect(probe.keptPosition?.(never)).rejects.toMatchObject({ code: 'POSTGRES_SLOT_MISSING' })
    })

    test('a transaction that holds the log is named with the statement that ends it', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query(`GRANT pg_monitor TO ${database.user}`)
      const open = await database.server.connect(database.name)
      await open.query('BEGIN')
      await open.query("INSERT INTO item VALUES (1, 'open')")
      const [{ pid } = {}] = await open.query('SELECT pg_backend_pid() AS pid')
      await using connection = await connectPostgres(database.config, {
        source: 'shop',
        use: 'inspect',
        signal: never,
      })
      const inspection = {
        connection,
        config: database.config,
        context: readingContext,
        offset: () => null,
        signal: never,
      }
      const state = await inspectLog({ ...inspection, blockerAfterMs: 0 })
      expect(state.blockers).toContainEqual(
        expect.objectContaining({
          kind: 'transaction',
          name: `process ${pid}`,
          fix: [withText(`pg_terminate_backend(${pid})`)],
          // Others use the server too: each transaction of theirs makes ours older.
          details: expect.objectContaining({ pid, xidAge: expect.toSatisfy((age: number) => age >= 1) }),
        }),
      )
      // promise 12: no statement unless asked for, and no value of it even then.
      await open.query("/* a note */ UPDATE item SET note = 'planted-value' WHERE id = 1")
      await open.query("UPDATE item SET note = 'planted-value' WHERE id = 1")
      const shown = (state: LogState) => state.blockers.find(({ name }) => name === `process ${pid}`)?.details
      expect(shown(await inspectLog({ ...inspection, blockerAfterMs: 0 }))).not.toHaveProperty('query')
      const asked = await inspectLog({ ...inspection, blockerAfterMs: 0, queries: true })
      expect(shown(asked)).toMatchObject({ query: 'UPDATE item SET note' })
      expect(JSON.stringify(asked.blockers, String)).not.toContain('planted-value')
      expect((await inspectLog(inspection)).blockers.filter(({ name }) => name === `process ${pid}`)).toEqual([])
      await open[Symbol.asyncDispose]()
    })
  })
})

describe.skipIf(postgresqlMissing(18) !== null)('a server of its own', () => {
  test('limits: max_slot_wal_keep_size and idle_replication_slot_timeout, a prepared transaction, another slot', async () => {
    const settings = {
      max_slot_wal_keep_size: '512MB',
      idle_replication_slot_timeout: '3600s',
      max_prepared_transactions: '2',
    }
    await using server = await startPostgresql({ settings })
    await using database = await watchedDatabase(server)
    const offset = await firstOffsetOf(database.config)
    await database.query("SELECT pg_create_physical_replication_slot('forgotten', true)")
    await database.query("BEGIN; INSERT INTO item VALUES (1, 'p'); PREPARE TRANSACTION 'left over'")
    await using probe = await openProbe(database.config, readingContext)
    const state = await probe.inspect(() => offset, never)
    const [{ safe_wal_size: safe } = {}] = await database.query(
      `SELECT safe_wal_size FROM pg_replication_slots WHERE slot_name = '${database.config.slot}'`,
    )
    const keeps = 512 * 1024 ** 2
    expect(state.limits).toMatchObject([
      { name: 'max_slot_wal_keep_size', unit: 'bytes', keeps, certain: true, ends: 'offset lost' },
      { name: 'idle_replication_slot_timeout', unit: 'ms', keeps: 3_600_000, certain: true, ends: 'offset lost' },
    ])
    // The server counts in whole segments.
    expect(keeps - (state.limits[0]?.used ?? 0)).toBe(Math.min(keeps, Number(safe)))
    expect(state.limits[1]?.because).toEqual([expect.stringMatching(/^no client has read the slot since /u)])
    expect(state.limits[1]?.used).toBeGreaterThan(0)
    await using connection = await connectPostgres(database.config, {
      source: 'shop',
      use: 'inspect',
      signal: never,
    })
    const inspection = {
      connection,
      config: database.config,
      context: readingContext,
      offset: () => offset,
      signal: never,
      blockerAfterMs: 0,
    }
    expect((await inspectLog(inspection)).blockers).toContainEqual(
      expect.objectContaining({
        kind: 'prepared transaction',
        name: 'left over',
        fix: [withText("ROLLBACK PREPARED 'left over'")],
      }),
    )
    await database.query("ROLLBACK PREPARED 'left over'")
    await database.query("SELECT pg_drop_replication_slot('forgotten')")
  })
})
