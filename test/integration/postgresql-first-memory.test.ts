import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LogEvent } from '../../src/model/log-event.ts'
import type { Offset } from '../../src/model/offset.ts'
import { openProbe } from '../../src/sources/postgresql/inspect/probe.ts'
import { openReader } from '../../src/sources/postgresql/read/reader.ts'
import { encodedMessages } from '../support/encoded-messages.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { firstOffsetOf, readFrom, type WatchedDatabase, watchedDatabase } from '../support/postgresql-reading.ts'
import { readingContext } from '../support/reading.ts'

/*
 * A new slot starts with the oldest catalog_xmin of all slots. So these tests have a server of their own, with an older slot: by the
 * catalog_xmin of a slot that is created after the table, its key could have changed since.
 */
const TABLE = `SELECT pg_create_logical_replication_slot('older', 'pgoutput');
  CREATE TABLE a (id int PRIMARY KEY, note text); ALTER TABLE a REPLICA IDENTITY FULL; ALTER PUBLICATION streamkap_pub ADD TABLE a`
const KEY_CHANGED = 'ALTER TABLE a ADD big int NOT NULL DEFAULT 7, DROP CONSTRAINT a_pkey, ADD PRIMARY KEY (big)'
const never = new AbortController().signal

describe.skipIf(postgresqlMissing(18) !== null)('keys of tables without rows so far, beside an older slot', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await startPostgresql({ version: 18 })
  })

  afterAll(async () => {
    await server[Symbol.asyncDispose]()
  })

  test('promise 1: a run that is killed when it has stored its first offset leaves what the next one needs to look them up', async () => {
    await using database = await watchedDatabase(server)
    await database.query(TABLE)
    const killed = stored(await firstOffsetOf(database.config))
    await database.query('INSERT INTO a VALUES (1)')
    await using reading = await readFrom(killed, database.config)
    const next = await reading.firstOffset()
    await reading[Symbol.asyncDispose]()
    expect(next.position).toEqual(killed.position)
    expect(reading.events[0]).toMatchObject({ type: 'progress', urgent: true })
    await database.query(KEY_CHANGED)
    expect(await keysFrom(stored(next), database)).toEqual([{ id: 1 }])
  })

  test('promise 1: they are in the second offset, which is stored before the stream begins', async () => {
    await using database = await watchedDatabase(server)
    await database.query(TABLE)
    await using reader = await openReader(database.config, readingContext)
    const log = reader.read('now', never)[Symbol.asyncIterator]()
    const [first] = offsetsOf((await log.next()).value)
    const [second] = offsetsOf((await log.next()).value)
    expect(await database.slot()).toMatchObject({ active_pid: null, confirmed_flush_lsn: String(first?.position) })
    expect(second?.position).toEqual(first?.position)
    await reader[Symbol.asyncDispose]()
    await database.query('INSERT INTO a VALUES (1)')
    await database.query(KEY_CHANGED)
    expect(await keysFrom(stored(second), database)).toEqual([{ id: 1 }])
  })

  test('promise 1: of a slot that an administrator created, they are known once the stream has passed the start of the first run', async () => {
    await using database = await watchedDatabase(server)
    await database.query(TABLE)
    const from = await takenOver(database)
    expect(from.memory).toEqual({})
    await using reading = await readFrom(from, database.config)
    await reading.until('the beginning of the stream', () => offsetsOf(reading.events).length > 0)
    await database.query('INSERT INTO item VALUES (1)')
    await reading.until('the row', () => reading.commits.length > 0)
    const next = stored(reading.commits[0]?.offset)
    await reading[Symbol.asyncDispose]()
    await database.query('INSERT INTO a VALUES (1)')
    await database.query(KEY_CHANGED)
    expect(await keysFrom(next, database)).toEqual([{ id: 1 }])
  })

  test('a key is not that of rows that were written before the start of the run', async () => {
    await using database = await watchedDatabase(server)
    await database.query(TABLE)
    const from = await takenOver(database)
    await database.query("INSERT INTO a VALUES (1, 'x')")
    await database.query('ALTER TABLE a DROP CONSTRAINT a_pkey, ADD PRIMARY KEY (note)')
    expect(await keysFrom(from, database)).toEqual([null])
  })
})

/** The offset that takes over a slot that is created now, by another client. */
async function takenOver({ config, query }: WatchedDatabase): Promise<Offset> {
  await query(`SELECT pg_create_logical_replication_slot('${config.slot}', 'pgoutput')`)
  await using probe = await openProbe(config, readingContext)
  const kept = await probe.keptPosition?.(never)
  if (kept === undefined) throw new Error('no position')
  const content = await probe.offsetAt?.(kept.position, null, never)
  if (content === undefined) throw new Error('no content')
  return { ...content, position: kept.position, moved: { by: 'operator', why: '', atMs: 0 } }
}

/** The offset as it is after a restart. */
function stored(offset: Offset | undefined): Offset {
  if (offset === undefined) throw new Error('no offset')
  return { ...offset, memory: JSON.parse(JSON.stringify(offset.memory)) }
}

function offsetsOf(events: readonly LogEvent[]): Offset[] {
  return events.flatMap((event) => (event.type === 'commit' || event.type === 'progress' ? [event.offset] : []))
}

/** The keys of the rows of a run from there. */
async function keysFrom(offset: Offset, { config }: WatchedDatabase) {
  await using reading = await readFrom(offset, config)
  await reading.until('the row', () => reading.commits.length > 0)
  return encodedMessages(reading.events).map(({ key }) => key)
}
