import { describe, expect, test } from 'vitest'
import { type ExaminedDatabase, examineNow, runPrinted, serverSetting } from '../support/broken-postgresql.ts'
import { found, NO_SIGNS } from '../support/broken-server.ts'
import { postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import {
  firstOffsetOf,
  readFrom,
  type WatchedDatabase,
  watchedDatabase,
  withConnection,
} from '../support/postgresql-reading.ts'
import { startStandby } from '../support/postgresql-standby.ts'
import { waitFor } from '../support/wait-for.ts'

const seen = async (examined: ExaminedDatabase, id: string) => found(await examineNow(examined), id)

const WRITE = "SELECT pg_logical_emit_message(true, '', '')"
const LOSE = [
  "ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'",
  'SELECT pg_reload_conf();',
  ...Array.from({ length: 3 }, () => [WRITE, 'SELECT pg_switch_wal()']).flat(),
  'CHECKPOINT',
]

describe.skipIf(postgresqlMissing(17) !== null)('a failover slot', () => {
  test.each([
    [17, 'does not exist', 'gone', []],
    [18, 'does not exist', 'gone', []],
    [18, 'has no standby connected', 'idle', ["SELECT pg_create_physical_replication_slot('idle', true)"]],
    [18, 'is a logical slot', 'logical', ["SELECT pg_create_logical_replication_slot('logical', 'pgoutput')"]],
    [18, 'was invalidated', 'lost', ["SELECT pg_create_physical_replication_slot('lost', true)", ...LOSE]],
  ] as const)(
    'POSTGRES_STREAM_HELD: PostgreSQL %d gives it nothing for a slot in synchronized_standby_slots that %s',
    async (version, how, name, make) => {
      await using server = await startPostgresql({ version })
      await using database = await watchedDatabase(server)
      const examined: ExaminedDatabase = { database, config: { ...database.config, failover: true }, signs: NO_SIGNS }
      const check = () => seen(examined, 'postgresql.synchronized-slots')
      expect(await check()).toMatchObject({ status: 'ok' })
      for (const statement of make) await database.query(statement)
      await serverSetting(`SET synchronized_standby_slots = ${name}`)(examined)
      await waitFor({ until: 'it is found' }, async () => (await check()).code === 'POSTGRES_STREAM_HELD')
      await using reading = await readFrom('now', examined.config)
      await reading.firstOffset()
      await database.query("INSERT INTO item VALUES (1, 'held')")
      await waitFor({ until: 'the server waits' }, () => waitsForStandby(database))
      expect(reading.ids).toEqual([])
      const finding = await check()
      expect(finding).toMatchObject({ status: 'fail', found: expect.stringContaining(`the slot ${name} ${how}`) })
      await runPrinted(finding, database)
      await reading.until('the row comes', () => reading.ids.length === 1)
      expect(await check()).toMatchObject({ status: 'ok' })
    },
  )
})

describe.skipIf(postgresqlMissing(18) !== null)('a primary and its standby', () => {
  test('POSTGRES_SLOT_NOT_KEPT, POSTGRES_STREAM_HELD: what is printed is for the primary, and leaves standbys that are connected waited for', async () => {
    await using primary = await startPostgresql()
    await using database = await watchedDatabase(primary)
    await using standby = await startStandby(primary)
    const hosts = [standby, primary].map(({ host, port }) => ({ host, port }))
    const examined: ExaminedDatabase = { database, config: withConnection(database.config, { hosts }), signs: NO_SIGNS }
    await firstOffsetOf(database.config)
    const kept = await seen(examined, 'postgresql.slot-kept')
    expect(kept).toMatchObject({ status: 'warn', code: 'POSTGRES_SLOT_NOT_KEPT' })
    expect(await runPrinted(kept, database)).toEqual([expect.stringMatching(/^psql /)])
    expect(await seen(examined, 'postgresql.slot-kept')).toMatchObject({ status: 'ok' })
    await serverSetting('SET synchronized_standby_slots = standby, gone')(examined)
    const check = () => seen(examined, 'postgresql.synchronized-slots')
    await waitFor({ until: 'it is found' }, async () => (await check()).code === 'POSTGRES_STREAM_HELD')
    expect(await runPrinted(await check(), database)).toEqual([
      "ALTER SYSTEM SET synchronized_standby_slots = 'standby';",
      'SELECT pg_reload_conf();',
    ])
    await waitFor({ until: 'it is well' }, async () => (await check()).status === 'ok')
    await standby.stop('fast')
    await waitFor({ until: 'its slot is at rest' }, async () => (await check()).status === 'fail')
    expect((await check()).fix.at(-1)?.text).toBe('start the standby whose primary_slot_name is standby')
    await standby.start()
    await waitFor({ until: 'it is connected' }, async () => (await check()).status === 'ok')
  })
})

async function waitsForStandby({ query }: WatchedDatabase): Promise<boolean> {
  const waits = await query("SELECT FROM pg_stat_activity WHERE wait_event = 'WaitForStandbyConfirmation'")
  return waits.length > 0
}
