import { describe, expect, test } from 'vitest'
import type { Offset } from '../../src/model/offset.ts'
import type { PostgresqlConfig } from '../../src/sources/postgresql/config.ts'
import { inspectLog } from '../../src/sources/postgresql/inspect/inspect.ts'
import { LSN_POSITIONS } from '../../src/sources/postgresql/position.ts'
import { afterStatement } from '../support/after-statement.ts'
import { connectReadOnly } from '../support/connect-read-only.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { readFrom, type WatchedDatabase, watchedDatabase, withConnection } from '../support/postgresql-reading.ts'
import { type StandbyServer, startStandby } from '../support/postgresql-standby.ts'
import { waitFor } from '../support/wait-for.ts'

interface Pair extends AsyncDisposable {
  readonly primary: PostgresServer
  readonly database: WatchedDatabase
  readonly standby: StandbyServer
  /** Reads the standby. */
  readonly config: PostgresqlConfig
}

async function startPair(): Promise<Pair> {
  await using opened = new AsyncDisposableStack()
  const primary = opened.use(await startPostgresql({ settings: { autovacuum: 'off' } }))
  const database = opened.use(await watchedDatabase(primary))
  const standby = opened.use(await startStandby(primary))
  await standby.catchUp()
  const at = withConnection(database.config, { hosts: [{ host: standby.host, port: standby.port }] })
  const parts = opened.move()
  return {
    primary,
    database,
    standby,
    config: { ...at, readOnly: true },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

const { signal } = new AbortController()

async function onTimeline2(server: PostgresServer): Promise<Offset> {
  const [row] = await server.query('postgres', 'SELECT system_identifier::text AS id FROM pg_control_system()')
  return {
    position: LSN_POSITIONS.parse('0/1'),
    server: { systemIdentifier: String(row?.['id']), timeline: '2' },
    memory: {},
    moved: { by: 'commit', why: '', atMs: 0 },
  }
}

describe.skipIf(postgresqlMissing(18) !== null)('a standby promoted in the instant', () => {
  test('promise 4: between the creation of the slot and its position: the first offset names the timeline that it lies on, and reading goes on', async () => {
    await using pair = await startPair()
    const { standby, config, database } = pair
    await using first = await readFrom('now', config, 'all')
    await waitFor({ until: 'the creation waits' }, async () => {
      const [row] = await standby.query('postgres', 'SELECT confirmed_flush_lsn FROM pg_replication_slots')
      return row !== undefined && row['confirmed_flush_lsn'] === null
    })
    await standby.promote()
    await standby.query(database.name, 'CHECKPOINT')
    const offset = await first.firstOffset()
    expect(offset.server).toMatchObject({ timeline: '2' })
    // The stream that began on the old timeline says nothing for the new one.
    expect(await first.failure()).toMatchObject({ code: 'POSTGRES_STANDBY_PROMOTED', retry: true })
    await first[Symbol.asyncDispose]()
    await using second = await readFrom(offset, config)
    await standby.query(database.name, "INSERT INTO item VALUES (1, 'after')")
    await second.until('the row', () => second.ids.length === 1)
  })

  test('promise 4: in the middle of an inspection: what it reports is of one moment', async () => {
    await using pair = await startPair()
    const { standby, config } = pair
    await using connection = await connectReadOnly(config, 'shop', signal)
    afterStatement(connection, 'pg_control_system', () => standby.promote())
    const offset = await onTimeline2(standby)
    const state = await inspectLog({ connection, config, context: { source: 'shop' }, offset: () => offset, signal })
    expect(state.server).toMatchObject({ timeline: '2' })
    expect(state.head.name).toBe('written')
    expect(state.run?.run).toMatch(/^\d+\/2 since /)
  })

  test('promise 4: the server that the standby follows, in the middle of an inspection: the inspection is repeated', async () => {
    await using pair = await startPair()
    const { standby } = pair
    await using last = await startStandby(standby)
    await last.catchUp()
    const config = withConnection(pair.config, { hosts: [{ host: last.host, port: last.port }] })
    await using connection = await connectReadOnly(config, 'shop', signal)
    const follow = async () => {
      await standby.promote()
      await standby.query('postgres', 'CREATE TABLE of_timeline_2 ()')
      await last.catchUp()
    }
    // The first shows that the standby may be on another timeline, the second is the inspection itself.
    afterStatement(connection, 'pg_control_system', follow, 2)
    const offset = await onTimeline2(standby)
    const state = await inspectLog({ connection, config, context: { source: 'shop' }, offset: () => offset, signal })
    expect(state.server).toMatchObject({ timeline: '2' })
    expect(state.head.name).toBe('replayed')
  })
})
