import { describe, expect, test } from 'vitest'
import type { PostgresqlConfig } from '../../src/sources/postgresql/config.ts'
import { Capture } from '../support/captured-tables.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { refusal, type WatchedDatabase, watchedDatabase, withConnection } from '../support/postgresql-reading.ts'
import { type StandbyServer, startStandby } from '../support/postgresql-standby.ts'
import { waitFor } from '../support/wait-for.ts'

function onStandby({ config }: WatchedDatabase, standby: PostgresServer): PostgresqlConfig {
  const { source } = config.heartbeat
  return {
    ...withConnection(config, { hosts: [{ host: standby.host, port: standby.port }] }),
    readOnly: true,
    heartbeat: { ...config.heartbeat, source: { ...source, mode: 'job' } },
  }
}

/** An idle primary says nothing of its running transactions by itself; a heartbeat job there would. */
async function withSnapshots<T>(primary: PostgresServer, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => void primary.query('postgres', 'SELECT pg_log_standby_snapshot()'), 200)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

describe.skipIf(postgresqlMissing(18) !== null)('a streaming standby', () => {
  test('promise 4: it is read, promoted under the connector, and reading goes on with the proof in the ledger', async () => {
    await using primary = await startPostgresql()
    await using database = await watchedDatabase(primary)
    await using standby = await startStandby(primary)
    await standby.catchUp()
    const config = onStandby(database, standby)
    await firstStartAmongSeveral(database, standby)
    await failoverRefused(config)
    await using capture = new Capture(config)
    await capture.start()
    await withSnapshots(primary, () =>
      waitFor({ until: 'the slot is made' }, () => capture.log.withCode('POSTGRES_SLOT_CREATED').length > 0),
    )
    await primary.query(database.name, "INSERT INTO item VALUES (1, 'from the primary')")
    await waitFor({ until: 'the row is delivered' }, () => capture.changes('shop.public.item').length === 1)
    await standby.promote()
    await standby.query(database.name, "INSERT INTO item VALUES (2, 'after the promotion')")
    await waitFor({ until: 'the second row is delivered' }, () => capture.changes('shop.public.item').length === 2)
    expect(capture.log.withCode('POSTGRES_STANDBY_PROMOTED')).toHaveLength(1)
    expect(capture.log.withCode('POSTGRES_PROMOTED')).toHaveLength(1)
    await standby.query(database.name, "INSERT INTO item VALUES (3, 'and on')")
    await waitFor({ until: 'the third row is delivered' }, () => capture.changes('shop.public.item').length === 3)
    expect(await capture.ledger()).toContainEqual(expect.stringContaining('promoted: timeline 1 became 2'))
  })
})

describe.skipIf(postgresqlMissing(18) !== null)('a failover slot', () => {
  test('promise 4: the primary is killed under load, the standby promoted, and nothing is lost or comes twice', async () => {
    await using primary = await startPostgresql({ settings: { synchronized_standby_slots: 'standby' } })
    // Not disposed of: its server is killed, and gone with the test.
    const database = await watchedDatabase(primary)
    await using standby = await startStandby(primary, {
      sync_replication_slots: 'on',
      // Or the new primary would wait for a standby that it does not have.
      synchronized_standby_slots: '',
    })
    const hosts = [primary, standby].map(({ host, port }) => ({ host, port }))
    const { heartbeat } = database.config
    const config = {
      ...withConnection(database.config, { hosts }),
      failover: true,
      heartbeat: { connector: { intervalMs: 200 }, source: { ...heartbeat.source, mode: 'message', intervalMs: 500 } },
    } as const
    await using capture = new Capture(config)
    await capture.start()
    await waitFor({ until: 'the slot is made' }, () => capture.log.withCode('POSTGRES_SLOT_CREATED').length > 0)
    expect(await database.slot()).toMatchObject({ failover: true })
    await using load = await insertingLoad(primary, database.name)
    const copied = `SELECT 1 FROM pg_replication_slots WHERE slot_name = '${config.slot}' AND synced AND NOT temporary`
    await withSnapshots(primary, () =>
      waitFor({ until: 'the standby has a copy of the slot' }, async () => {
        return (await standby.query('postgres', copied)).length > 0
      }),
    )
    const delivered = () => capture.changes('shop.public.item').length
    await waitFor({ until: 'the load is delivered' }, () => delivered() > 50)
    await primary.kill()
    await load.stopped
    await standby.promote()
    await standby.query(database.name, "INSERT INTO item VALUES (1000000, 'after the failover')")
    const ids = async () =>
      (await standby.query(database.name, 'SELECT id FROM item ORDER BY id')).map(({ id }) => Number(id))
    await waitFor({ until: 'all rows are delivered' }, async () => delivered() >= (await ids()).length)
    expect(capture.messages('shop.public.item').map(({ key }) => Number(key?.['id']))).toEqual(await ids())
    expect(await capture.ledger()).toContainEqual(expect.stringContaining('promoted: timeline 1 became 2'))
  })
})

/** Inserts one row after the other until the server is gone. */
async function insertingLoad(
  server: PostgresServer,
  name: string,
): Promise<AsyncDisposable & { stopped: Promise<void> }> {
  const connection = await server.connect(name)
  const run = async () => {
    for (let id = 1; ; id++) await connection.query(`INSERT INTO item VALUES (${id}, 'load')`)
  }
  // Ends with the server.
  const stopped = run().catch(() => undefined)
  return {
    stopped,
    async [Symbol.asyncDispose]() {
      await connection.client.end().catch(() => undefined)
      await stopped
    },
  }
}

async function firstStartAmongSeveral(database: WatchedDatabase, standby: StandbyServer): Promise<void> {
  const hosts = [
    { host: '127.0.0.1', port: 1 },
    { host: standby.host, port: standby.port },
  ]
  expect(await refusal('now', withConnection(database.config, { hosts }))).toMatchObject({
    code: 'POSTGRES_ONLY_STANDBY',
    retry: true,
    message: expect.stringContaining('would make its slot there'),
  })
  expect(await standby.query('postgres', 'SELECT slot_name FROM pg_replication_slots')).toEqual([])
}

async function failoverRefused(config: PostgresqlConfig): Promise<void> {
  expect(await refusal('now', { ...config, failover: true })).toMatchObject({ code: 'POSTGRES_FAILOVER_UNSUPPORTED' })
}
