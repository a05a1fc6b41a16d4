import { describe, expect, test } from 'vitest'
import { readTables } from '../../src/sources/postgresql/tables/publication-check.ts'
import { examineNow } from '../support/broken-postgresql.ts'
import { NO_SIGNS } from '../support/broken-server.ts'
import { Capture } from '../support/captured-tables.ts'
import { connectReadOnly } from '../support/connect-read-only.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { readFrom, type WatchedDatabase, watchedDatabase } from '../support/postgresql-reading.ts'
import { EVERY_VERSION, OLD_AND_NEW } from '../support/postgresql-versions.ts'
import { readingContext } from '../support/reading.ts'
import { RecordedLog } from '../support/recorded-log.ts'
import { waitFor } from '../support/wait-for.ts'

/** What the catalogue gives of every published table without columns, since they differ in how they came to have none. */
const WITHOUT_COLUMNS = `
  CREATE TABLE scratch (a int); ALTER TABLE scratch DROP COLUMN a;
  CREATE TABLE bare ();
  CREATE TABLE computed (a int, b int GENERATED ALWAYS AS (1) STORED); ALTER TABLE computed DROP COLUMN a;
  CREATE PUBLICATION everything FOR ALL TABLES`

async function tablesOf({ config }: WatchedDatabase) {
  const signal = new AbortController().signal
  await using connection = await connectReadOnly(config, 'shop', signal)
  const tables = await readTables(connection, 'everything', { signal })
  return new Map(tables.map((table) => [table.name, table]))
}

describe.each(EVERY_VERSION)('PostgreSQL %d', (version) => {
  describe.skipIf(postgresqlMissing(version) !== null)('has NULL for', () => {
    test('the column list of a published table without columns, whose rows come as any', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query(WITHOUT_COLUMNS)
      await using capture = await Capture.of(database, { publication: 'everything' })
      await database.query('INSERT INTO scratch DEFAULT VALUES; INSERT INTO bare DEFAULT VALUES')
      await capture.toHead()
      expect(capture.messages().map(({ topic, key, value: { op, after } }) => [topic, key, op, after])).toEqual([
        ['shop.public.scratch', null, 'c', {}],
        ['shop.public.bare', null, 'c', {}],
      ])
      const config = { ...database.config, publication: 'everything' }
      const findings = await examineNow({ database, config, signs: NO_SIGNS })
      expect(findings.filter(({ id }) => id === 'postgresql.watched-published')).toMatchObject([{ status: 'ok' }])
    })

    test('the column list of a published table whose last column is dropped meanwhile', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query('CREATE TABLE scratch (a int); CREATE PUBLICATION everything FOR ALL TABLES')
      const before = (await tablesOf(database)).get('scratch')
      await database.query('ALTER TABLE scratch DROP COLUMN a')
      const now = (await tablesOf(database)).get('scratch')
      expect([before?.columns, now?.columns]).toEqual(version === 14 ? [null, null] : [['a'], []])
      expect([before?.listed, now?.listed]).toEqual([null, null])
    })
  })
})

describe.each(OLD_AND_NEW)('PostgreSQL %d', (version) => {
  describe.skipIf(postgresqlMissing(version) !== null)('has NULL for', () => {
    test('every position of a physical slot that nobody has read', async () => {
      const server = await sharedPostgresql(version)
      await using database = await watchedDatabase(server)
      const { slot } = database.config
      await database.query(`SELECT pg_create_physical_replication_slot('${slot}')`)
      const findings = await examineNow({ database, config: database.config, signs: NO_SIGNS })
      await database.query(`SELECT pg_drop_replication_slot('${slot}')`)
      expect(findings).toContainEqual(expect.objectContaining({ code: 'POSTGRES_SLOT_OTHER_PLUGIN' }))
    })

    test('the start time of a transaction for which a new slot waits, where the role is not allowed to see it', async () => {
      const server = await sharedPostgresql(version)
      await using database = await watchedDatabase(server)
      await using other = await server.connect(database.name)
      await other.query("BEGIN; INSERT INTO item VALUES (1, 'x')")
      const [{ pid } = {}] = await other.query('SELECT pg_backend_pid() AS pid')
      const log = new RecordedLog()
      await using reading = await readFrom('now', database.config, 'none', { ...readingContext, log })
      const transactions = await waitFor({ until: 'the wait is logged' }, () =>
        log.lines.find(({ fields }) => 'transactions' in fields),
      )
      await other.query('COMMIT')
      await reading.firstOffset()
      expect(transactions.fields['transactions']).toContain(`process ${String(pid)} of ${server.user}`)
    })
  })
})
