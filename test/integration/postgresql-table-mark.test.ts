import { describe, expect, test } from 'vitest'
import { parsedFixes } from '../../src/model/fix.ts'
import { readTables } from '../../src/sources/postgresql/tables/publication-check.ts'
import { markOfTables } from '../../src/sources/postgresql/tables/table-mark.ts'
import { watchedCatalog } from '../../src/sources/postgresql/tables/watched-catalog.ts'
import { TableWatch } from '../../src/sources/table-watch.ts'
import { connectReadOnly } from '../support/connect-read-only.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { watchedDatabase } from '../support/postgresql-reading.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'
import { readingContext } from '../support/reading.ts'
import { RecordedLog } from '../support/recorded-log.ts'

const CHANGES = [
  'CREATE TABLE part (id int PRIMARY KEY, a text) PARTITION BY RANGE (id)',
  'CREATE TABLE part_1 (id int PRIMARY KEY, a text)',
  'ALTER PUBLICATION streamkap_pub ADD TABLE part',
  'ALTER TABLE part ATTACH PARTITION part_1 FOR VALUES FROM (0) TO (9)',
  'ALTER PUBLICATION streamkap_pub SET (publish_via_partition_root = true)',
  'ALTER TABLE part DETACH PARTITION part_1',
  'ALTER TABLE part_1 RENAME TO part_2',
  'CREATE SCHEMA more',
  'ALTER TABLE part_2 SET SCHEMA more',
  'ALTER SCHEMA more RENAME TO other',
  'ALTER TABLE other.part_2 SET UNLOGGED',
  'ALTER TABLE other.part_2 SET LOGGED',
  'ALTER PUBLICATION streamkap_pub DROP TABLE part',
  'DROP TABLE other.part_2',
  'ALTER PUBLICATION streamkap_pub RENAME TO away',
  'CREATE PUBLICATION streamkap_pub FOR ALL TABLES',
]
const SINCE_15 = [
  'ALTER PUBLICATION streamkap_pub SET TABLE item (id, note), streamkap.streamkap_heartbeat, part',
  'ALTER TABLE item ADD COLUMN b int',
  'ALTER PUBLICATION streamkap_pub SET TABLE item WHERE (id > 1), streamkap.streamkap_heartbeat',
  'ALTER PUBLICATION streamkap_pub SET TABLE item (id), streamkap.streamkap_heartbeat',
  'ALTER PUBLICATION streamkap_pub SET TABLES IN SCHEMA public, streamkap',
  'ALTER PUBLICATION streamkap_pub DROP TABLES IN SCHEMA public',
  'ALTER PUBLICATION streamkap_pub SET TABLE item, streamkap.streamkap_heartbeat, part',
]
const NO_CHANGES = [
  "INSERT INTO item VALUES (1, 'a')",
  'ANALYZE item',
  'CREATE INDEX ON item (note)',
  'GRANT SELECT ON item TO CURRENT_USER',
  'CREATE TEMP TABLE passing (id int)',
  'CREATE UNLOGGED TABLE quick (id int)',
  'VACUUM FREEZE pg_publication_rel',
]

describe.skipIf(postgresqlMissing(14) !== null).each(OLD_AND_NEW)(
  'the mark of the tables, PostgreSQL %d',
  (version) => {
    test('changes after each statement that changes what the inspection of the tables reports, and only then', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const { signal } = new AbortController()
      await using connection = await connectReadOnly(database.config, 'shop', signal)
      await using admin = await database.server.connect(database.name)
      const findings = async () => JSON.stringify(await readTables(connection, 'streamkap_pub', { signal }))
      const mark = () => markOfTables(connection, 'streamkap_pub', { signal })
      const changes = version === 14 ? CHANGES : [...CHANGES.slice(0, 3), ...SINCE_15, ...CHANGES.slice(3)]
      let before = { findings: await findings(), mark: await mark() }
      for (const [sql, changed] of [
        ...NO_CHANGES.map((text) => [text, false] as const),
        ...changes.map((text) => [text, true] as const),
      ]) {
        await admin.query(sql)
        const now = { findings: await findings(), mark: await mark() }
        if (now.findings !== before.findings || !changed) expect(now.mark !== before.mark, sql).toBe(changed)
        if (!changed) expect(now.findings, sql).toBe(before.findings)
        before = now
      }
      await admin.query('DROP TABLE quick')
    })

    test('makes the inspection of the tables unnecessary while nothing changes', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      const { signal } = new AbortController()
      await using connection = await connectReadOnly(database.config, 'shop', signal)
      const ask = connection.query.bind(connection)
      let reads = 0
      connection.query = (text, ...rest) => {
        if (text.includes('pg_publication_tables')) reads++
        return ask(text, ...rest)
      }
      const watch = new TableWatch(watchedCatalog(database.config), readingContext.log)
      for (let i = 0; i < 4; i++) await watch.inspect(connection, signal)
      expect(reads).toBe(1)
      await database.query('CREATE TABLE later (id int)')
      for (let i = 0; i < 3; i++) await watch.inspect(connection, signal)
      expect(reads).toBe(2)
    })
  },
)

test.skipIf(postgresqlMissing(18) !== null)(
  'a column of a column list that is renamed is not said to be left out, and one that is taken off the list is',
  async () => {
    await using database = await watchedDatabase(await sharedPostgresql())
    await database.query('CREATE TABLE wide (id int PRIMARY KEY, a int, b int, c int)')
    const list = (columns: string) =>
      database.query(`ALTER PUBLICATION streamkap_pub SET TABLE wide (${columns}), streamkap.streamkap_heartbeat`)
    await list('id, a, b')
    const { signal } = new AbortController()
    await using connection = await connectReadOnly(database.config, 'shop', signal)
    const log = new RecordedLog()
    const narrowed = () => log.withCode('POSTGRES_TABLE_NARROWED')
    const watch = new TableWatch(watchedCatalog(database.config), log)
    for (let i = 0; i < 2; i++) await watch.inspect(connection, signal)
    await database.query('ALTER TABLE wide RENAME a TO renamed; CREATE TABLE something_else (id int PRIMARY KEY)')
    await watch.inspect(connection, signal)
    expect(narrowed()).toEqual([])
    await list('id, renamed')
    await watch.inspect(connection, signal)
    const [finding] = narrowed()
    expect(finding).toMatchObject({ table: 'public.wide', found: 'a column list without b' })
    await database.query(parsedFixes(finding?.['fix'])[0]?.text ?? '')
    await watch.inspect(connection, signal)
    const [row] = await database.query("SELECT attnames::text FROM pg_publication_tables WHERE tablename = 'wide'")
    expect(row).toEqual({ attnames: '{id,renamed,b,c}' })
  },
)

test.skipIf(postgresqlMissing(18) !== null)(
  'a table, a schema or the publication that was out of the publication between two inspections is reported',
  async () => {
    await using database = await watchedDatabase(await sharedPostgresql(18))
    await database.query(
      'CREATE SCHEMA s; CREATE TABLE s.t (id int PRIMARY KEY); ALTER PUBLICATION streamkap_pub ADD TABLES IN SCHEMA s',
    )
    const { signal } = new AbortController()
    await using connection = await connectReadOnly(database.config, 'shop', signal)
    const log = new RecordedLog()
    const watch = new TableWatch(watchedCatalog(database.config), log)
    for (let i = 0; i < 2; i++) await watch.inspect(connection, signal)
    const saidAfter = async (...statements: readonly string[]) => {
      const before = log.withCode('POSTGRES_TABLE_REPUBLISHED').length
      for (const statement of statements) await database.query(statement)
      await watch.inspect(connection, signal)
      return log
        .withCode('POSTGRES_TABLE_REPUBLISHED')
        .slice(before)
        .map(({ found }) => String(found).replace(/.*: /u, ''))
    }
    expect(await saidAfter('CREATE TABLE something_else (id int)')).toEqual([])
    const [drop, add] = ['ALTER PUBLICATION streamkap_pub DROP', 'ALTER PUBLICATION streamkap_pub ADD']
    expect(await saidAfter(`${drop} TABLE item`, 'INSERT INTO item VALUES (1)', `${add} TABLE item`)).toEqual([
      'the table public.item',
    ])
    expect(await saidAfter(`${drop} TABLES IN SCHEMA s`, `${add} TABLES IN SCHEMA s`)).toEqual(['the schema s'])
    expect(
      await saidAfter('DROP PUBLICATION streamkap_pub', 'CREATE PUBLICATION streamkap_pub FOR ALL TABLES'),
    ).toEqual(['the publication streamkap_pub'])
  },
)
