import { describe, expect, test } from 'vitest'
import { OffbeatError } from '../../src/model/error.ts'
import type { PostgresqlConfig } from '../../src/sources/postgresql/config.ts'
import { POSTGRESQL } from '../../src/sources/postgresql/definition.ts'
import { openProbe } from '../../src/sources/postgresql/inspect/probe.ts'
import { Capture } from '../support/captured-tables.ts'
import { proven } from '../support/fault.ts'
import { withText } from '../support/fix-script.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import {
  firstOffsetOf,
  refusal,
  type WatchedDatabase,
  watchedDatabase,
  withConnection,
} from '../support/postgresql-reading.ts'
import { type StandbyServer, startStandby } from '../support/postgresql-standby.ts'
import { versionsOf } from '../support/postgresql-versions.ts'
import { expectProofs } from '../support/promotion-proof.ts'
import { readingContext } from '../support/reading.ts'
import type { RecordedLine } from '../support/recorded-log.ts'
import { waitFor } from '../support/wait-for.ts'

function onStandby({ config }: WatchedDatabase, standby: PostgresServer): PostgresqlConfig {
  const { source } = config.heartbeat
  return {
    ...withConnection(config, { hosts: [{ host: standby.host, port: standby.port }] }),
    readOnly: true,
    heartbeat: { ...config.heartbeat, source: { ...source, mode: 'job', by: 'database' } },
  }
}

/** An idle primary says nothing of its running transactions by itself; a heartbeat job there would. */
/** Without its background writer a primary writes no such record by itself, which it does every 15 seconds where it has written anything. */
async function withoutSnapshots<T>(primary: PostgresServer, work: () => Promise<T>): Promise<T> {
  const query = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'background writer'"
  const [{ pid } = {}] = await primary.query('postgres', query)
  process.kill(Number(pid), 'SIGSTOP')
  try {
    return await work()
  } finally {
    process.kill(Number(pid), 'SIGCONT')
  }
}

async function withSnapshots<T>(primary: PostgresServer, work: () => Promise<T>): Promise<T> {
  await using session = await primary.connect('postgres')
  let over = false
  const tell = async () => {
    while (!over) await session.query('SELECT pg_log_standby_snapshot(), pg_sleep(0.1)')
  }
  const notification = tell()
  try {
    return await work()
  } finally {
    over = true
    await notification
  }
}

/** 16: the oldest where a standby can be decoded from. */
describe.each(versionsOf([16, 18, 19]))('a streaming standby, PostgreSQL %d', (version) => {
  const of = test.skipIf(postgresqlMissing(version) !== null)

  of(
    'promise 4: it is read, promoted under the connector, and reading goes on with the proof in the ledger',
    async (context) => {
      await using primary = await startPostgresql({ version, settings: { autovacuum: 'off' } })
      await using database = await watchedDatabase(primary)
      await using standby = await startStandby(primary, { hot_standby_feedback: 'off' })
      await standby.catchUp()
      const config = onStandby(database, standby)
      await firstStartAmongSeveral(database, standby)
      await failoverRefused(config)
      await noMessage(config)
      await invalidated({ ...config, slot: `${config.slot}_lost` }, { primary, standby, database })
      await using capture = new Capture({ definition: POSTGRESQL, config })
      const waits = await withoutSnapshots(primary, async () => {
        await capture.start()
        return await waitFor({ until: 'the log says what the slot waits for' }, () =>
          capture.log.lines.find(({ message }) => message.includes('waits for a record from the primary')),
        )
      })
      expect(waits.fields).toMatchObject({
        fix: [{ text: 'SELECT pg_log_standby_snapshot()', note: expect.any(String) }],
      })
      await withSnapshots(primary, () =>
        waitFor({ until: 'the slot is made' }, () => capture.log.withCode('POSTGRES_SLOT_CREATED').length > 0),
      )
      await primary.query(database.name, "INSERT INTO item VALUES (1, 'from the primary')")
      await waitFor({ until: 'the row is delivered' }, () => capture.changes('shop.public.item').length === 1)
      await standby.promote()
      await standby.query(database.name, "INSERT INTO item VALUES (2, 'after the promotion')")
      await waitFor({ until: 'the second row is delivered' }, () => capture.changes('shop.public.item').length === 2)
      expect(faults(capture.log.lines, 'POSTGRES_STANDBY_PROMOTED')).toHaveLength(1)
      expect(capture.log.withCode('POSTGRES_PROMOTED')).toHaveLength(1)
      await standby.query(database.name, "INSERT INTO item VALUES (3, 'and on')")
      await waitFor({ until: 'the third row is delivered' }, () => capture.changes('shop.public.item').length === 3)
      expectProofs(await capture.ledger(), [1])
      proven(context, {
        fault: 'the standby that is read is promoted',
        verdict: null,
        result: 'reading continues with the proof in the ledger; nothing lost',
      })
    },
  )
})

/** Without the line that says how long the stream was away because of it. */
function faults(lines: readonly RecordedLine[], code: string): readonly RecordedLine[] {
  return lines.filter(({ level, fields }) => level !== 'info' && fields['code'] === code)
}

describe.skipIf(postgresqlMissing(18) !== null)('a standby of a standby', () => {
  test('promise 4: it is read, the one it follows promoted, then it itself, and all rows come once with the proofs in the ledger', async (context) => {
    await using primary = await startPostgresql({ settings: { autovacuum: 'off' } })
    await using database = await watchedDatabase(primary)
    await using middle = await startStandby(primary)
    await middle.catchUp()
    await using last = await startStandby(middle)
    await using capture = new Capture({ definition: POSTGRESQL, config: onStandby(database, last) })
    await capture.start()
    await withSnapshots(primary, () =>
      waitFor({ until: 'the slot is made' }, () => capture.log.withCode('POSTGRES_SLOT_CREATED').length > 0),
    )
    const delivered = () => capture.changes('shop.public.item').length
    const underLoad = async (server: PostgresServer, from: number, work: () => Promise<void>) => {
      const before = delivered()
      await insertingWhile(server, { name: database.name, from }, async () => {
        await waitFor({ until: 'the load is delivered' }, () => delivered() > before + 50)
        await work()
      })
    }
    // What the old primary writes on is on no other server.
    await underLoad(primary, 1, () => middle.promote())
    await underLoad(middle, 1_000_000, () => last.promote())
    await last.query(database.name, "INSERT INTO item VALUES (2000000, 'after both')")
    const ids = async () =>
      (await last.query(database.name, 'SELECT id FROM item ORDER BY id')).map(({ id }) => Number(id))
    await waitFor({ until: 'all rows are delivered' }, async () => delivered() >= (await ids()).length)
    expect(capture.messages('shop.public.item').map(({ key }) => Number(key?.['id']))).toEqual(await ids())
    expectProofs(await capture.ledger(), [1, 2])
    proven(context, {
      fault: 'the upstream of the standby that is read is promoted under load, then the standby itself',
      verdict: null,
      result: 'reading continues each time with the proof in the ledger; nothing lost, nothing twice',
    })
  })
})

/** 17: the oldest that has it. */
describe.each(versionsOf([17, 18, 19]))('a failover slot, PostgreSQL %d', (version) => {
  const of = test.skipIf(postgresqlMissing(version) !== null)

  of(
    'promise 4: the primary is killed under load, the standby promoted, and nothing is lost or comes twice',
    async (context) => {
      await using primary = await startPostgresql({ version, settings: { synchronized_standby_slots: 'standby' } })
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
        heartbeat: {
          connector: { intervalMs: 200 },
          source: { ...heartbeat.source, mode: 'message', intervalMs: 500 },
        },
      } as const
      await using capture = new Capture({ definition: POSTGRESQL, config })
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
      expectProofs(await capture.ledger(), [1])
      proven(context, {
        fault: 'the primary killed (kill -9) under load, a standby with its failover slot promoted',
        verdict: null,
        result: 'continues at the new primary; nothing lost, nothing twice',
      })
    },
  )
})

/** Inserts one row after the other from this id on while `work` is done. */
async function insertingWhile(
  server: PostgresServer,
  { name, from }: { readonly name: string; readonly from: number },
  work: () => Promise<void>,
): Promise<void> {
  await using connection = await server.connect(name)
  let over = false
  const insert = async () => {
    for (let id = from; !over; id++) await connection.query(`INSERT INTO item VALUES (${id}, 'load')`)
  }
  const inserting = insert()
  try {
    await work()
  } finally {
    over = true
    await inserting
  }
}

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
    message: expect.stringContaining('would create its slot there'),
  })
  expect(await standby.query('postgres', 'SELECT slot_name FROM pg_replication_slots')).toEqual([])
}

/** Without feedback the primary's vacuum takes rows of the catalogs away that the slot on the standby needs. */
async function invalidated(
  config: PostgresqlConfig,
  { primary, standby, database }: { primary: PostgresServer; standby: StandbyServer; database: WatchedDatabase },
): Promise<void> {
  const offset = await withSnapshots(primary, () => firstOffsetOf(config))
  for (const sql of ['CREATE TABLE gone (id int)', 'DROP TABLE gone', 'VACUUM pg_class']) await database.query(sql)
  await standby.catchUp()
  const lost = await waitFor({ until: 'the slot is invalidated' }, async () => {
    const error = await refusal(offset, config)
    return error instanceof OffbeatError && error.kind === 'lost position' ? error : null
  })
  expect(lost).toMatchObject({
    code: 'POSTGRES_SLOT_INVALIDATED',
    found: expect.stringContaining('rows_removed'),
    fix: expect.arrayContaining([withText('hot_standby_feedback = on')]),
  })
}

/** Mode message on a standby, by somebody who did not say readOnly. */
async function noMessage(config: PostgresqlConfig): Promise<void> {
  const { heartbeat } = config
  const message = { ...heartbeat, source: { ...heartbeat.source, mode: 'message' } } as const
  await using probe = await openProbe({ ...config, readOnly: false, heartbeat: message }, readingContext)
  await expect(probe.beat?.('offbeat:shop:1', new AbortController().signal)).rejects.toMatchObject({
    code: 'HEARTBEAT_READ_ONLY',
    fix: expect.arrayContaining([withText('readOnly: true')]),
  })
}

async function failoverRefused(config: PostgresqlConfig): Promise<void> {
  expect(await refusal('now', { ...config, failover: true })).toMatchObject({ code: 'POSTGRES_FAILOVER_UNSUPPORTED' })
}
