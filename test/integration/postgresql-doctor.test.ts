import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { planFixes } from '../../src/doctor/fix-plan.ts'
import { storedOffset } from '../../src/model/offset.ts'
import { Secret } from '../../src/model/secret.ts'
import { findingsOf } from '../../src/sources/check.ts'
import { openAdminSession } from '../../src/sources/postgresql/admin/admin-session.ts'
import { replicationConnectionCheck } from '../../src/sources/postgresql/checks/replication-check.ts'
import { targetOf } from '../../src/sources/postgresql/connect/postgresql-target.ts'
import { tryReplication } from '../../src/sources/postgresql/connect/replication-trial.ts'
import { openProbe } from '../../src/sources/postgresql/inspect/probe.ts'
import { LSN_POSITIONS } from '../../src/sources/postgresql/position.ts'
import {
  type ExaminedDatabase,
  examineNow,
  expectFixed,
  HEARTBEAT,
  type PostgresqlProblem,
  runPrinted,
  sql,
  watching,
} from '../support/broken-postgresql.ts'
import { found, NO_SIGNS } from '../support/broken-server.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { firstOffsetOf, watchedDatabase } from '../support/postgresql-reading.ts'
import { readingContext } from '../support/reading.ts'

const PROBLEMS: readonly PostgresqlProblem[] = [
  {
    code: 'HEARTBEAT_TABLE_MISSING',
    id: 'postgresql.heartbeat-table',
    cause: sql('DROP SCHEMA streamkap CASCADE'),
  },
  {
    code: 'HEARTBEAT_TABLE_SHAPE',
    id: 'postgresql.heartbeat-table',
    cause: sql(`ALTER TABLE ${HEARTBEAT} DROP COLUMN text`),
  },
  { code: 'HEARTBEAT_ROW_MISSING', id: 'postgresql.heartbeat-row', cause: sql(`DELETE FROM ${HEARTBEAT}`) },
  {
    code: 'POSTGRES_REPLICATION_DENIED',
    id: 'postgresql.replication-role',
    cause: sql('ALTER ROLE {user} NOREPLICATION'),
  },
  {
    code: 'HEARTBEAT_DENIED',
    id: 'postgresql.heartbeat-grants',
    cause: sql('REVOKE ALL ON SCHEMA streamkap FROM {user}', `REVOKE UPDATE ON ${HEARTBEAT} FROM {user}`),
  },
  {
    code: 'TABLE_NOT_READABLE',
    id: 'postgresql.watched-grants',
    cause: sql('REVOKE SELECT ON item FROM {user}'),
  },
  {
    code: 'HEARTBEAT_READ_ONLY',
    id: 'postgresql.heartbeat-writable',
    cause: sql('ALTER ROLE {user} SET default_transaction_read_only = on'),
  },
  {
    code: 'HEARTBEAT_STILL',
    id: 'postgresql.heartbeat-moves',
    cause: async (examined) => {
      await examined.database.query(`UPDATE ${HEARTBEAT} SET last_update = now() - interval '1 hour'`)
      return { signs: { ...examined.signs, running: { sinceMs: 0 } } }
    },
    // What the connector does whose log the words lead to.
    fixByHand: async ({ config }) => {
      await using probe = await openProbe(config, readingContext)
      await probe.beat?.('offbeat:shop:1', new AbortController().signal)
      return {}
    },
  },
  {
    code: 'POSTGRES_PUBLICATION_MISSING',
    id: 'postgresql.publication',
    cause: watching(['public.item'], 'DROP PUBLICATION streamkap_pub'),
  },
  {
    code: 'POSTGRES_PUBLICATION_MISSING',
    id: 'postgresql.publication',
    cause: watching(['public.not_there_yet'], 'DROP PUBLICATION streamkap_pub'),
    // A publication of all tables would refuse what others write to a table without a key.
    printed: [`CREATE PUBLICATION streamkap_pub FOR TABLE ${HEARTBEAT};`],
  },
  {
    code: 'POSTGRES_HEARTBEAT_NOT_PUBLISHED',
    id: 'postgresql.heartbeat-published',
    cause: sql(`ALTER PUBLICATION streamkap_pub DROP TABLE ${HEARTBEAT}`),
  },
  {
    code: 'POSTGRES_HEARTBEAT_NOT_PUBLISHED',
    id: 'postgresql.heartbeat-published',
    cause: sql("ALTER PUBLICATION streamkap_pub SET (publish = 'insert')"),
  },
  {
    code: 'POSTGRES_HEARTBEAT_NOT_PUBLISHED',
    id: 'postgresql.heartbeat-published',
    cause: sql(`ALTER PUBLICATION streamkap_pub DROP TABLE ${HEARTBEAT}; ALTER TABLE ${HEARTBEAT} SET UNLOGGED`),
  },
  {
    code: 'POSTGRES_HEARTBEAT_HIDDEN',
    id: 'postgresql.heartbeat-published',
    cause: sql(`ALTER PUBLICATION streamkap_pub SET TABLE item, ${HEARTBEAT} WHERE (id > 1)`),
  },
  {
    code: 'POSTGRES_TABLE_NOT_PUBLISHED',
    id: 'postgresql.watched-published',
    cause: watching(['public.item'], 'ALTER PUBLICATION streamkap_pub DROP TABLE item'),
  },
  {
    code: 'POSTGRES_OPERATIONS_NOT_PUBLISHED',
    id: 'postgresql.published-operations',
    cause: sql("ALTER PUBLICATION streamkap_pub SET (publish = 'insert, update')"),
  },
  {
    code: 'POSTGRES_PARTITION_NOT_WATCHED',
    id: 'postgresql.partitions',
    cause: watching(
      ['public.item', 'public.part'],
      'CREATE TABLE part (id int PRIMARY KEY) PARTITION BY RANGE (id)',
      'CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10)',
      'ALTER PUBLICATION streamkap_pub ADD TABLE part',
    ),
  },
  {
    code: 'LOG_HELD',
    id: 'postgresql.blockers',
    blockerAfterMs: 0,
    cause: sql("BEGIN; INSERT INTO item VALUES (9, 'p'); PREPARE TRANSACTION 'left over'"),
  },
  {
    code: 'POSTGRES_NO_REPLICA_IDENTITY',
    id: 'postgresql.replica-identity',
    cause: sql('CREATE TABLE keyless (a int)', 'ALTER PUBLICATION streamkap_pub ADD TABLE keyless'),
  },
  {
    code: 'POSTGRES_NO_REPLICA_IDENTITY',
    id: 'postgresql.replica-identity',
    printed: [
      'ALTER PUBLICATION streamkap_pub SET (publish_generated_columns = stored);',
      'ALTER TABLE public.late REPLICA IDENTITY FULL;',
      'ALTER TABLE public.lost REPLICA IDENTITY DEFAULT;',
      'ALTER TABLE public.part_1 REPLICA IDENTITY DEFAULT;',
    ],
    cause: sql(
      'CREATE TABLE late (id int PRIMARY KEY DEFERRABLE)',
      'CREATE TABLE lost (id int PRIMARY KEY, code int NOT NULL UNIQUE)',
      'ALTER TABLE lost REPLICA IDENTITY USING INDEX lost_code_key',
      'ALTER TABLE lost DROP CONSTRAINT lost_code_key',
      'CREATE TABLE part (id int PRIMARY KEY) PARTITION BY RANGE (id)',
      'CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10)',
      'ALTER TABLE part_1 REPLICA IDENTITY NOTHING',
      'CREATE TABLE computed (id int, twice int GENERATED ALWAYS AS (id * 2) STORED PRIMARY KEY)',
      'ALTER TABLE computed REPLICA IDENTITY FULL',
      'ALTER PUBLICATION streamkap_pub ADD TABLE late, lost, part, computed',
    ),
  },
  {
    code: 'POSTGRES_KEY_INCOMPLETE',
    id: 'postgresql.published-keys',
    printed: [
      'ALTER PUBLICATION streamkap_pub SET (publish_generated_columns = stored);',
      'BEGIN; ALTER PUBLICATION streamkap_pub DROP TABLE public.listed; ALTER PUBLICATION streamkap_pub ADD TABLE public.listed; COMMIT;',
    ],
    cause: sql(
      'CREATE TABLE computed (id int, twice int GENERATED ALWAYS AS (id * 2) STORED PRIMARY KEY)',
      'CREATE TABLE listed (id int PRIMARY KEY, n int)',
      'ALTER PUBLICATION streamkap_pub ADD TABLE computed, listed (n)',
      "ALTER PUBLICATION streamkap_pub SET (publish = 'insert')",
    ),
  },
  {
    code: 'POSTGRES_PARTITION_IDENTITY',
    id: 'postgresql.partition-identities',
    printed: [
      'ALTER TABLE public.part_1 REPLICA IDENTITY DEFAULT;',
      'ALTER TABLE public.part_2 REPLICA IDENTITY DEFAULT;',
      'ALTER TABLE public.whole_2 REPLICA IDENTITY FULL;',
    ],
    cause: sql(
      'CREATE TABLE part (id int PRIMARY KEY, code int NOT NULL) PARTITION BY RANGE (id)',
      'CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10)',
      'CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (10) TO (20)',
      'CREATE TABLE part_3 PARTITION OF part FOR VALUES FROM (20) TO (30)',
      'CREATE UNIQUE INDEX code_1 ON part_1 (code)',
      'ALTER TABLE part_1 REPLICA IDENTITY USING INDEX code_1',
      'ALTER TABLE part_2 REPLICA IDENTITY FULL',
      'CREATE TABLE whole (id int PRIMARY KEY) PARTITION BY RANGE (id)',
      'ALTER TABLE whole REPLICA IDENTITY FULL',
      'CREATE TABLE whole_1 PARTITION OF whole FOR VALUES FROM (0) TO (10)',
      'CREATE TABLE whole_2 PARTITION OF whole FOR VALUES FROM (10) TO (20)',
      'ALTER TABLE whole_1 REPLICA IDENTITY FULL',
      'ALTER PUBLICATION streamkap_pub ADD TABLE part, whole',
      'ALTER PUBLICATION streamkap_pub SET (publish_via_partition_root = true)',
    ),
  },
  {
    code: 'POSTGRES_KEY_DEFERRABLE',
    id: 'postgresql.deferrable-keys',
    printed: ['ALTER TABLE public.late DROP CONSTRAINT late_pkey, ADD CONSTRAINT late_pkey PRIMARY KEY (id, "order");'],
    cause: sql(
      'CREATE TABLE late (id int, "order" int, PRIMARY KEY (id, "order") DEFERRABLE INITIALLY DEFERRED)',
      'ALTER TABLE late REPLICA IDENTITY FULL',
      'ALTER PUBLICATION streamkap_pub ADD TABLE late',
    ),
  },
  {
    code: 'POSTGRES_KEY_DEFERRABLE',
    id: 'postgresql.deferrable-keys',
    printed: ['ALTER TABLE public.part DROP CONSTRAINT part_pkey, ADD CONSTRAINT part_pkey PRIMARY KEY (id);'],
    cause: sql(
      'CREATE TABLE part (id int PRIMARY KEY DEFERRABLE) PARTITION BY RANGE (id)',
      'CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id)',
      'CREATE TABLE part_2 PARTITION OF part_1 FOR VALUES FROM (0) TO (5)',
      'ALTER TABLE part_2 REPLICA IDENTITY FULL',
      'ALTER PUBLICATION streamkap_pub ADD TABLE part',
    ),
  },
  {
    code: 'POSTGRES_HEARTBEAT_INDEXED',
    id: 'postgresql.heartbeat-index',
    cause: sql(`CREATE INDEX ON ${HEARTBEAT} (last_update)`),
  },
]

describe.skipIf(postgresqlMissing(18) !== null)(
  'what the doctor finds in a database of PostgreSQL 18 is fixed by what it prints',
  () => {
    let server: PostgresServer
    beforeAll(async () => {
      server = await startPostgresql({ settings: { log_statement: 'all' } })
    })
    afterAll(async () => {
      await server[Symbol.asyncDispose]()
    })

    test.each(PROBLEMS.map((problem, row) => ({ ...problem, row })))('$row $code', (problem) =>
      expectFixed(problem, server),
    )

    test('what the server needs to accept a replication connection is run by `--fix`, where an administrator can', async () => {
      await using database = await watchedDatabase(server)
      const { config, user, name } = database
      // Between the two connections of the doctor, or `--fix` could not examine the database at all.
      await database.query(`REVOKE CONNECT ON DATABASE "${name}" FROM PUBLIC, ${user}`)
      const at = targetOf({ host: server.host, port: server.port }, config.connection)
      const { signal } = new AbortController()
      const replication = await tryReplication(config, at, 'shop', signal)
      expect(replication).toMatchObject({ code: 'DATABASE_PERMISSION' })
      const evidence = { replication, config } as unknown as Parameters<typeof replicationConnectionCheck.run>[0]
      const findings = findingsOf([replicationConnectionCheck], evidence)
      const { run } = planFixes({ name: 'shop', kind: 'postgresql', findings, error: null })
      expect(run).toMatchObject([{ text: expect.stringMatching(/^GRANT CONNECT ON DATABASE /u), at: name }])
      await using admin = await openAdminSession(config, new Secret(server.url(name)), readingContext)
      for (const fix of run) await admin.run(fix, signal)
      expect(await tryReplication(config, at, 'shop', signal)).toBeNull()
    })

    test('the blocks of a missing heartbeat table and a missing publication, one after the other, leave nothing to fix', async () => {
      await using database = await watchedDatabase(server)
      await database.query('DROP SCHEMA streamkap CASCADE; DROP PUBLICATION streamkap_pub')
      const examined: ExaminedDatabase = {
        database,
        config: { ...database.config, tables: ['public.item'] },
        signs: NO_SIGNS,
      }
      for (const finding of (await examineNow(examined)).filter(({ status }) => status === 'fail'))
        await runPrinted(finding, database)
      const after = (await examineNow(examined)).filter(({ symptom }) => symptom !== 5 && symptom !== null)
      expect(after.filter(({ status }) => status === 'fail')).toEqual([])
    })

    test('all tables that are missing are added by one statement, and what may be left out on purpose is left', async () => {
      await using database = await watchedDatabase(server)
      const tables = Array.from({ length: 25 }, (_, n) => `public.t${n}`)
      for (const table of tables) await database.query(`CREATE TABLE ${table} (id int PRIMARY KEY)`)
      await database.query("ALTER PUBLICATION streamkap_pub SET (publish = 'insert')")
      const examined: ExaminedDatabase = {
        database,
        config: { ...database.config, tables: ['public.t*'] },
        signs: NO_SIGNS,
      }
      const findings = (await examineNow(examined)).filter(({ symptom }) => symptom === 4)
      const plan = planFixes({ name: 'shop', kind: 'postgresql', findings, error: null })
      expect(plan.run).toMatchObject([{ check: 'postgresql.watched-published' }])
      for (const { text } of plan.run) await database.query(text)
      expect(found(await examineNow(examined), 'postgresql.watched-published')).toMatchObject({ status: 'ok' })
      const left = plan.manual.filter(({ text }) => text.includes('publish ='))
      expect(left.map(({ check }) => check)).toEqual([
        'postgresql.heartbeat-published',
        'postgresql.published-operations',
      ])
    })

    test('a pattern that fits no table may be taken out, but not the last one of `tables`: none named are all', async () => {
      await using database = await watchedDatabase(server)
      const fixes = async (config: Partial<ExaminedDatabase['config']>) => {
        const findings = await examineNow({ database, config: { ...database.config, ...config }, signs: NO_SIGNS })
        return found(findings, 'postgresql.table-patterns').fix.map(({ text }) => text)
      }
      const words = 'correct the pattern if it is wrong; a table created later will match'
      expect(await fixes({ tables: ['public.itme'] })).toEqual(['for public.itme: did you mean public.item?', words])
      expect(await fixes({ tables: ['public.item', 'public.a*'], exclude: ['public.b'] })).toEqual([
        words,
        'tables: ["public.item"]',
        'exclude: []',
      ])
    })

    test('promise 14: without --fix the doctor sends no statement that changes anything', async () => {
      await using database = await watchedDatabase(server)
      const offset = storedOffset(await firstOffsetOf(database.config), LSN_POSITIONS)
      const before = server.log().length
      await examineNow({ database, config: database.config, signs: { ...NO_SIGNS, offset } })
      // Text of several lines continues after a tab.
      const logged = server.log().slice(before).replaceAll('\n\t', ' ')
      const sent = [...logged.matchAll(/(?:statement|execute [^:\n]*): (.*)/g)]
      const statements = sent.map((match) => (match[1] ?? '').trim())
      expect(statements.length).toBeGreaterThan(10)
      expect(statements.filter((text) => !/^(SELECT|WITH|SHOW)/.test(text))).toEqual([])
      expect(
        statements.filter((text) =>
          /pg_logical_emit_message|pg_create_|pg_drop_|pg_terminate|nextval|pg_switch|INSERT |UPDATE |DELETE FROM/.test(
            text,
          ),
        ),
      ).toEqual([])
    })

    test('what one check has reported another does not report again', async () => {
      await using database = await watchedDatabase(server)
      const offset = storedOffset(await firstOffsetOf(database.config), LSN_POSITIONS)
      await sql(
        'ALTER ROLE {user} NOREPLICATION',
        `REVOKE SELECT ON ${HEARTBEAT} FROM {user}`,
      )({
        database,
        config: database.config,
        signs: NO_SIGNS,
      })
      const findings = await examineNow({ database, config: database.config, signs: { ...NO_SIGNS, offset } })
      const failed = findings.filter(({ status }) => status === 'fail').map(({ id }) => id)
      expect(failed).toEqual(['postgresql.replication-role', 'postgresql.heartbeat-grants'])
      expect(found(findings, 'postgresql.watched-grants')).toMatchObject({ status: 'ok' })
    })

    test('no fix loads a library that the server does not have: it would not start', async () => {
      await using database = await watchedDatabase(server)
      await database.query(`GRANT pg_read_all_settings TO ${database.user}`)
      const source = { ...database.config.heartbeat.source, mode: 'job' as const, by: 'database' as const }
      const config = { ...database.config, heartbeat: { ...database.config.heartbeat, source } }
      const finding = found(await examineNow({ database, config, signs: NO_SIGNS }), 'postgresql.scheduler')
      expect(finding).toMatchObject({
        code: 'SCHEDULER_NOT_LOADED',
        found: expect.stringContaining('no files'),
      })
      expect(finding.fix.filter((fix) => fix.in === 'database')).toEqual([])
    })

    test('promise 11: what may not be seen is skipped with its grant, and after the grant it is seen', async () => {
      await using database = await watchedDatabase(server)
      const examined: ExaminedDatabase = { database, config: database.config, signs: NO_SIGNS }
      const hidden = found(await examineNow(examined), 'postgresql.sight')
      expect(hidden).toMatchObject({ status: 'skip', code: null, expected: `GRANT pg_monitor TO ${database.user}` })
      await runPrinted(hidden, database)
      expect(found(await examineNow(examined), 'postgresql.sight')).toMatchObject({ status: 'ok' })
      await database.query(`REVOKE SELECT ON ${HEARTBEAT} FROM ${database.user}`)
      const row = found(await examineNow(examined), 'postgresql.heartbeat-row')
      expect(row).toMatchObject({ status: 'skip', expected: `GRANT SELECT ON ${HEARTBEAT} TO ${database.user}` })
    })
  },
)
