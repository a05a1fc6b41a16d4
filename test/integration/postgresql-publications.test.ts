import { describe, expect, test } from 'vitest'
import { Capture } from '../support/captured-tables.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { watchedDatabase } from '../support/postgresql-reading.ts'
import { EVERY_VERSION, OLD_AND_NEW } from '../support/postgresql-versions.ts'

const NEWER = EVERY_VERSION.filter((version) => version >= 15)
describe.each(NEWER)('PostgreSQL %d', (version) => {
  describe.skipIf(postgresqlMissing(version) !== null)('publications', () => {
    test('of a schema take in tables that come later; those of another are said to be missing', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query(`
        CREATE SCHEMA sales; CREATE TABLE sales.bill (id int PRIMARY KEY);
        CREATE PUBLICATION of_schema FOR TABLES IN SCHEMA sales`)
      await using capture = await Capture.of(database, { publication: 'of_schema' })
      expect(capture.log.withCode('POSTGRES_TABLE_NOT_PUBLISHED')).toMatchObject([{ tables: ['public.item'] }])
      await database.query(`
        INSERT INTO item VALUES (1); INSERT INTO sales.bill VALUES (2);
        CREATE TABLE sales.later (id int PRIMARY KEY); INSERT INTO sales.later VALUES (3)`)
      await capture.toHead()
      expect(capture.messages().map(({ topic, key }) => [topic, key])).toEqual([
        ['shop.sales.bill', { id: 2 }],
        ['shop.sales.later', { id: 3 }],
      ])
    })

    test('with a column list and a row filter: what they leave out does not come', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query(`
        CREATE TABLE part (id int PRIMARY KEY, secret text, note text);
        CREATE TABLE filtered (id int PRIMARY KEY, amount int);
        ALTER TABLE filtered REPLICA IDENTITY FULL;
        CREATE PUBLICATION narrow FOR TABLE part (id, note), filtered WHERE (amount > 10)`)
      await using capture = await Capture.of(database, { publication: 'narrow', tables: ['part', 'filtered'] })
      await database.query(`
        INSERT INTO part VALUES (1, 'hidden', 'seen'); UPDATE part SET secret = 'still hidden'; DELETE FROM part;
        INSERT INTO filtered VALUES (1, 5), (2, 20); UPDATE filtered SET amount = 30 WHERE id = 1;
        UPDATE filtered SET amount = 3 WHERE id = 2; UPDATE filtered SET amount = 4 WHERE id = 2`)
      await capture.toHead()
      const row = { id: 1, note: 'seen' }
      expect(capture.changes()).toEqual([
        { topic: 'shop.public.part', key: { id: 1 }, op: 'c', before: null, after: row },
        { topic: 'shop.public.part', key: { id: 1 }, op: 'u', before: null, after: row },
        { topic: 'shop.public.part', key: { id: 1 }, op: 'd', before: { id: 1 }, after: null },
        { topic: 'shop.public.filtered', key: { id: 2 }, op: 'c', before: null, after: { id: 2, amount: 20 } },
        { topic: 'shop.public.filtered', key: { id: 1 }, op: 'c', before: null, after: { id: 1, amount: 30 } },
        { topic: 'shop.public.filtered', key: { id: 2 }, op: 'd', before: { id: 2, amount: 20 }, after: null },
      ])
    })

    test('that hide the beat by a column list or a row filter are warned of', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const { heartbeat, slot } = database.config
      await database.query(`
        CREATE PUBLICATION by_columns FOR TABLE streamkap.streamkap_heartbeat (id);
        CREATE PUBLICATION by_rows FOR TABLE streamkap.streamkap_heartbeat WHERE (id > 1)`)
      for (const publication of ['by_columns', 'by_rows']) {
        const about = { heartbeat, publication, slot: `${slot}_${publication}`.slice(-63) }
        await using capture = await Capture.of(database, about)
        expect(capture.log.withCode('POSTGRES_HEARTBEAT_HIDDEN')).toMatchObject([{ publication }])
      }
    })
  })
})

describe.skipIf(postgresqlMissing(18) !== null)('PostgreSQL 18', () => {
  test('generated columns come where the publication publishes them', async () => {
    await using database = await watchedDatabase(await sharedPostgresql(18))
    await database.query(`
      CREATE TABLE made (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED,
        thrice int GENERATED ALWAYS AS (id * 3) VIRTUAL);
      CREATE PUBLICATION with_them FOR TABLE made WITH (publish_generated_columns = stored);
      CREATE PUBLICATION without FOR TABLE made`)
    const { slot } = database.config
    await using withThem = await Capture.of(database, { publication: 'with_them' })
    await using without = await Capture.of(database, { publication: 'without', slot: `${slot}_w`.slice(-63) })
    await database.query('INSERT INTO made VALUES (7)')
    for (const capture of [withThem, without]) await capture.toHead()
    expect(withThem.messages().map(({ value }) => value.after)).toEqual([{ id: 7, twice: 14 }])
    expect(without.messages().map(({ value }) => value.after)).toEqual([{ id: 7 }])
  })
})

describe.each(OLD_AND_NEW)('PostgreSQL %d', (version) => {
  describe.skipIf(postgresqlMissing(version) !== null)('transactions', () => {
    test('that run beside each other come in the order of their commits, each whole, and say where and when they were', async () => {
      const server = await sharedPostgresql(version)
      await using database = await watchedDatabase(server)
      await using capture = await Capture.of(database, { tables: ['item'] })
      const [a, b] = [await server.connect(database.name), await server.connect(database.name)]
      await using _a = a
      await using _b = b
      const peek = `${database.config.slot}_p`.slice(-63)
      await database.query(`SELECT pg_create_logical_replication_slot('${peek}', 'pgoutput')`)
      const [from] = await database.query('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms')
      for (const [client, sql] of [
        [a, "BEGIN; INSERT INTO item VALUES (1, 'a')"],
        [b, "BEGIN; INSERT INTO item VALUES (2, 'b')"],
        [a, "INSERT INTO item VALUES (3, 'a')"],
        [
          b,
          "SAVEPOINT s; INSERT INTO item VALUES (9, 'undone'); ROLLBACK TO s; UPDATE item SET note = 'b2' WHERE id = 2",
        ],
        [b, 'COMMIT'],
        [a, 'DELETE FROM item WHERE id = 3; COMMIT'],
      ] as const)
        await client.query(sql)
      const [to] = await database.query('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms')
      await capture.toHead()
      const found = capture.messages()
      expect(found.map(({ key, value }) => [value.op, key?.['id']])).toEqual([
        ['c', 2],
        ['u', 2],
        ['c', 1],
        ['c', 3],
        ['d', 3],
      ])
      const facts = found.map(({ value: { source } }) => [source['txId'], source['lsn'], source['ts_ms']])
      expect(facts).toEqual(await logged(database.query, peek))
      for (const { value, tsMs } of found) {
        expect(value.source['ts_ms']).toBeGreaterThanOrEqual(Math.floor(Number(from?.['ms'])))
        expect(value.source['ts_ms']).toBeLessThanOrEqual(Number(to?.['ms']))
        expect(tsMs).toBe(value.source['ts_ms'])
      }
    })

    test('have the envelope that readers of `debezium-json` take, whole', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await using capture = await Capture.of(database)
      await database.query("INSERT INTO item VALUES (1, 'a'); UPDATE item SET note = NULL; DELETE FROM item")
      await capture.toHead()
      const source = {
        version: '9.9.9',
        connector: 'postgresql',
        name: 'shop',
        ts_ms: expect.any(Number),
        snapshot: 'false',
        db: database.name,
        schema: 'public',
        table: 'item',
        txId: expect.any(Number),
        lsn: expect.any(Number),
        sequence: expect.stringMatching(/^\["\d+","\d+"\]$/),
        xmin: null,
        ts_us: expect.any(Number),
        ts_ns: expect.any(Number),
      }
      const taken = {
        ts_ms: expect.any(Number),
        ts_us: expect.any(Number),
        ts_ns: expect.any(Number),
        transaction: null,
      }
      expect(capture.messages().map(({ value }) => value)).toStrictEqual([
        { before: null, after: { id: 1, note: 'a' }, source, op: 'c', ...taken },
        { before: null, after: { id: 1, note: null }, source, op: 'u', ...taken },
        { before: { id: 1 }, after: null, source, op: 'd', ...taken },
      ])
    })

    test('that came from another server, and logical messages, are read and no messages of ours', async () => {
      const server = await sharedPostgresql(version)
      await using database = await watchedDatabase(server)
      await using capture = await Capture.of(database)
      const origin = `origin of ${database.name}`
      await using client = await server.connect(database.name)
      await client.query('SELECT pg_replication_origin_create($1)', [origin])
      try {
        await client.query('SELECT pg_replication_origin_session_setup($1)', [origin])
        await client.query(`BEGIN; SELECT pg_replication_origin_xact_setup('0/AB', now());
          INSERT INTO item VALUES (1, 'from afar'); COMMIT`)
        await client.query('SELECT pg_replication_origin_session_reset()')
        for (const transactional of ['true', 'false'])
          for (const prefix of ['offbeat', 'someone', ''])
            await client.query(`SELECT pg_logical_emit_message(${transactional}, '${prefix}', 'words')`)
        await client.query(`BEGIN; SELECT pg_logical_emit_message(true, 'someone', 'words'); INSERT INTO item VALUES (2);
          SELECT pg_logical_emit_message(false, 'offbeat', 'words'); COMMIT`)
        await capture.toHead()
      } finally {
        await client.query('SELECT pg_replication_origin_drop($1)', [origin])
      }
      expect(capture.messages().map(({ key }) => key)).toEqual([{ id: 1 }, { id: 2 }])
    })
  })
})

const POSTGRES_EPOCH_MS = 946_684_800_000n

/** What the server itself says of each row in the log: transaction, position, time of the commit. */
async function logged(
  query: (sql: string) => Promise<Record<string, unknown>[]>,
  slot: string,
): Promise<(number | null)[][]> {
  const rows = await query(`
    SELECT xid::text::bigint::int AS xid, lsn - '0/0'::pg_lsn AS at, data
    FROM pg_logical_slot_peek_binary_changes('${slot}', NULL, NULL, 'proto_version', '1', 'publication_names', 'streamkap_pub')`)
  let committedAtMs = 0
  return rows.flatMap(({ xid, at, data }) => {
    if (!Buffer.isBuffer(data)) throw new Error('no bytes')
    const kind = String.fromCharCode(data[0] ?? 0)
    if (kind === 'B') committedAtMs = Number(data.readBigInt64BE(9) / 1000n + POSTGRES_EPOCH_MS)
    return 'IUD'.includes(kind) ? [[Number(xid), Number(at), committedAtMs]] : []
  })
}
