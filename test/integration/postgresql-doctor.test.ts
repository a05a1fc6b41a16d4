import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { planFixes } from '../../src/doctor/fix-plan.ts'
import type { ErrorCode } from '../../src/model/error-code.ts'
import type { Offset } from '../../src/model/offset.ts'
import { POSTGRESQL_CHECKUP } from '../../src/sources/postgresql/check/checkup.ts'
import { LSN_POSITIONS } from '../../src/sources/postgresql/position.ts'
import { openProbe } from '../../src/sources/postgresql/probe.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { bornOffset, Reading, readingContext, watchedDatabase } from '../support/postgresql-reading.ts'
import { examineNow, found, NO_SIGNS, type Patient, runPrinted } from '../support/sick-server.ts'

/** How a server is broken for a finding, and what a person does beside the printed statements. */
interface Sickness {
  readonly code: ErrorCode
  readonly id: string
  readonly makeSick: (patient: Patient) => Promise<Partial<Patient>>
  /** What is printed are words, a command, or a choice: done here. Gives what the patient becomes by it. */
  readonly treat?: (patient: Patient, printed: readonly string[]) => Promise<Partial<Patient>>
  readonly restart?: boolean
  readonly blockerAfterMs?: number
}

const heartbeat = 'streamkap.streamkap_heartbeat'
const reload = 'SELECT pg_reload_conf()'

function watching(patient: Patient, ...tables: readonly string[]): Partial<Patient> {
  return { config: { ...patient.config, tables } }
}

/** The offset of a slot made now, with `change` over it. */
async function placed(patient: Patient, change: Partial<Offset> = {}): Promise<Partial<Patient>> {
  const offset = await bornOffset(patient.config)
  return { signs: { ...patient.signs, offset: { ...offset, ...change } } }
}

/** By the choice that starts anew: the offset is forgotten and the slot goes. */
async function startsAnew({ database, signs }: Patient, printed: readonly string[]): Promise<Partial<Patient>> {
  expect(printed.join('\n')).toMatch(/offbeat offsets reset shop|slot/)
  await database.server.dropSlots(database.name)
  return { signs: { ...signs, offset: null } }
}

function systemSetting(assignment: string) {
  return async ({ database }: Patient) => {
    await database.query(`ALTER SYSTEM SET ${assignment}`)
    await database.query(reload)
    return {}
  }
}

const sql =
  (...statements: readonly string[]) =>
  async ({ database }: Patient) => {
    for (const statement of statements) await database.query(statement.replaceAll('{user}', database.user))
    return {}
  }

const SICKNESSES: readonly Sickness[] = [
  {
    code: 'POSTGRES_HEARTBEAT_TABLE_MISSING',
    id: 'postgresql.heartbeat-table',
    makeSick: sql('DROP SCHEMA streamkap CASCADE'),
  },
  {
    code: 'POSTGRES_HEARTBEAT_TABLE_SHAPE',
    id: 'postgresql.heartbeat-table',
    makeSick: sql(`ALTER TABLE ${heartbeat} DROP COLUMN text`),
  },
  { code: 'POSTGRES_HEARTBEAT_ROW_MISSING', id: 'postgresql.heartbeat-row', makeSick: sql(`DELETE FROM ${heartbeat}`) },
  {
    code: 'POSTGRES_REPLICATION_DENIED',
    id: 'postgresql.replication-role',
    makeSick: sql('ALTER ROLE {user} NOREPLICATION'),
  },
  {
    code: 'POSTGRES_HEARTBEAT_DENIED',
    id: 'postgresql.heartbeat-grants',
    makeSick: sql('REVOKE ALL ON SCHEMA streamkap FROM {user}', `REVOKE UPDATE ON ${heartbeat} FROM {user}`),
  },
  {
    code: 'POSTGRES_TABLE_NOT_READABLE',
    id: 'postgresql.watched-grants',
    makeSick: sql('REVOKE SELECT ON item FROM {user}'),
  },
  {
    code: 'POSTGRES_HEARTBEAT_READ_ONLY',
    id: 'postgresql.heartbeat-writable',
    makeSick: sql('ALTER ROLE {user} SET default_transaction_read_only = on'),
  },
  {
    code: 'POSTGRES_HEARTBEAT_STILL',
    id: 'postgresql.heartbeat-moves',
    makeSick: async (patient) => {
      await patient.database.query(`UPDATE ${heartbeat} SET last_update = now() - interval '1 hour'`)
      return { signs: { ...patient.signs, running: { sinceMs: 0 } } }
    },
    treat: async ({ config }) => {
      await using probe = await openProbe(config, readingContext)
      await probe.beat?.('offbeat:shop:1', new AbortController().signal)
      return {}
    },
  },
  {
    code: 'POSTGRES_PUBLICATION_MISSING',
    id: 'postgresql.publication',
    makeSick: async (patient) => {
      await patient.database.query('DROP PUBLICATION streamkap_pub')
      return watching(patient, 'public.item')
    },
  },
  {
    code: 'POSTGRES_PUBLICATION_MISSING',
    id: 'postgresql.publication',
    makeSick: async (patient) => {
      await patient.database.query('DROP PUBLICATION streamkap_pub')
      return watching(patient, 'public.not_there_yet')
    },
    // A publication of all tables would refuse what others write to a table without a key.
    treat: async (patient, printed) => {
      expect(printed).toEqual([`CREATE PUBLICATION streamkap_pub FOR TABLE ${heartbeat}`])
      return await sql(...printed)(patient)
    },
  },
  {
    code: 'POSTGRES_HEARTBEAT_NOT_PUBLISHED',
    id: 'postgresql.heartbeat-published',
    makeSick: sql(`ALTER PUBLICATION streamkap_pub DROP TABLE ${heartbeat}`),
  },
  {
    code: 'POSTGRES_HEARTBEAT_NOT_PUBLISHED',
    id: 'postgresql.heartbeat-published',
    makeSick: sql("ALTER PUBLICATION streamkap_pub SET (publish = 'insert')"),
  },
  {
    code: 'POSTGRES_HEARTBEAT_HIDDEN',
    id: 'postgresql.heartbeat-published',
    makeSick: sql(`ALTER PUBLICATION streamkap_pub SET TABLE item, ${heartbeat} WHERE (id > 1)`),
  },
  {
    code: 'POSTGRES_TABLE_NOT_PUBLISHED',
    id: 'postgresql.watched-published',
    makeSick: async (patient) => {
      await patient.database.query('ALTER PUBLICATION streamkap_pub DROP TABLE item')
      return watching(patient, 'public.item')
    },
  },
  {
    code: 'POSTGRES_OPERATIONS_NOT_PUBLISHED',
    id: 'postgresql.published-operations',
    makeSick: sql("ALTER PUBLICATION streamkap_pub SET (publish = 'insert, update')"),
  },
  {
    code: 'POSTGRES_TABLE_PATTERN_UNUSED',
    id: 'postgresql.table-patterns',
    makeSick: async (patient) => watching(patient, 'public.item', 'public.itme'),
    treat: async (patient) => watching(patient, 'public.item'),
  },
  {
    code: 'POSTGRES_PARTITION_NOT_WATCHED',
    id: 'postgresql.partitions',
    makeSick: async (patient) => {
      await sql(
        'CREATE TABLE part (id int PRIMARY KEY) PARTITION BY RANGE (id)',
        'CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10)',
        'ALTER PUBLICATION streamkap_pub ADD TABLE part',
      )(patient)
      return watching(patient, 'public.item', 'public.part')
    },
  },
  {
    code: 'POSTGRES_SLOT_MISSING',
    id: 'postgresql.place',
    makeSick: async (patient) => {
      const sick = await placed(patient)
      await patient.database.server.dropSlots(patient.database.name)
      return sick
    },
    treat: startsAnew,
  },
  {
    code: 'POSTGRES_SLOT_AHEAD',
    id: 'postgresql.place',
    makeSick: (patient) => placed(patient, { position: LSN_POSITIONS.parse('0/1') }),
    treat: startsAnew,
  },
  {
    code: 'POSTGRES_OTHER_SERVER',
    id: 'postgresql.place',
    makeSick: (patient) => placed(patient, { server: { systemIdentifier: '1', timeline: '1' } }),
    treat: startsAnew,
  },
  {
    code: 'POSTGRES_TIMELINE_DIVERGED',
    id: 'postgresql.place',
    makeSick: async (patient) => {
      const sick = await placed(patient)
      const offset = sick.signs?.offset ?? null
      if (offset === null || sick.signs === undefined) return sick
      return { signs: { ...sick.signs, offset: { ...offset, server: { ...offset.server, timeline: '7' } } } }
    },
    treat: startsAnew,
  },
  {
    code: 'POSTGRES_OFFSET_BEYOND_LOG',
    id: 'postgresql.place',
    makeSick: (patient) => placed(patient, { position: LSN_POSITIONS.parse('FF/0') }),
    treat: startsAnew,
  },
  {
    code: 'POSTGRES_SLOT_INVALIDATED',
    id: 'postgresql.place',
    makeSick: async (patient) => {
      const sick = await placed(patient)
      await systemSetting("max_slot_wal_keep_size = '1MB'")(patient)
      for (let segment = 0; segment < 3; segment++)
        await sql(`INSERT INTO item VALUES (${segment})`, 'SELECT pg_switch_wal()')(patient)
      await sql('CHECKPOINT', 'ALTER SYSTEM RESET max_slot_wal_keep_size', reload)(patient)
      return sick
    },
    treat: startsAnew,
  },
  {
    code: 'POSTGRES_WAL_REMOVED',
    id: 'postgresql.place',
    makeSick: async (patient) => {
      const { server, user } = patient.database
      const sick = await placed(patient)
      for (let segment = 0; segment < 3; segment++)
        await sql(`INSERT INTO item VALUES (${segment})`, 'SELECT pg_switch_wal()')(patient)
      await sql(`GRANT pg_monitor TO ${user}`, 'CHECKPOINT')(patient)
      const [at] = await server.query(
        'postgres',
        'SELECT pg_walfile_name(redo_lsn) AS needed FROM pg_control_checkpoint()',
      )
      const folder = join(server.dataDir, 'pg_wal')
      const old = readdirSync(folder).filter((name) => /^[0-9A-F]{24}$/.test(name) && name < String(at?.['needed']))
      for (const name of old) rmSync(join(folder, name))
      return sick
    },
    treat: startsAnew,
  },
  {
    code: 'POSTGRES_SLOT_OTHER_PLUGIN',
    id: 'postgresql.place',
    makeSick: ({ database, config }) =>
      sql(`SELECT pg_create_logical_replication_slot('${config.slot}', 'test_decoding')`)({ database } as Patient),
    treat: async (patient) => ({ config: { ...patient.config, slot: `${patient.config.slot.slice(0, 50)}_2` } }),
  },
  {
    code: 'POSTGRES_SLOT_OTHER_DATABASE',
    id: 'postgresql.place',
    makeSick: async ({ database, config }) => {
      await database.server.query('postgres', `SELECT pg_create_logical_replication_slot('${config.slot}', 'pgoutput')`)
      return {}
    },
    treat: async ({ config, database }) => {
      await database.server.dropSlots('postgres')
      return { config: { ...config, slot: `${config.slot.slice(0, 50)}_2` } }
    },
  },
  {
    code: 'POSTGRES_SLOT_NOT_OURS',
    id: 'postgresql.place',
    makeSick: async (patient) => {
      await placed(patient)
      return {}
    },
    treat: startsAnew,
  },
  {
    code: 'POSTGRES_RETENTION_UNBOUNDED',
    id: 'postgresql.retention',
    makeSick: sql('ALTER SYSTEM RESET max_slot_wal_keep_size', reload),
  },
  {
    code: 'POSTGRES_RETENTION_SHORT',
    id: 'postgresql.retention',
    makeSick: systemSetting("max_slot_wal_keep_size = '256MB'"),
  },
  {
    code: 'POSTGRES_IDLE_TIMEOUT_SHORT',
    id: 'postgresql.idle-timeout',
    makeSick: systemSetting("idle_replication_slot_timeout = '1h'"),
  },
  {
    code: 'POSTGRES_LOG_HELD',
    id: 'postgresql.blockers',
    blockerAfterMs: 0,
    makeSick: sql("BEGIN; INSERT INTO item VALUES (9, 'p'); PREPARE TRANSACTION 'left over'"),
  },
  {
    code: 'POSTGRES_NO_REPLICA_IDENTITY',
    id: 'postgresql.replica-identity',
    makeSick: sql('CREATE TABLE keyless (a int)', 'ALTER PUBLICATION streamkap_pub ADD TABLE keyless'),
  },
  {
    code: 'POSTGRES_HEARTBEAT_INDEXED',
    id: 'postgresql.heartbeat-index',
    makeSick: sql(`CREATE INDEX ON ${heartbeat} (last_update)`),
  },
  {
    code: 'POSTGRES_NO_KEEPALIVES',
    id: 'postgresql.wal-sender-timeout',
    makeSick: systemSetting('wal_sender_timeout = 0'),
  },
  {
    code: 'POSTGRES_SLOT_NOT_KEPT',
    id: 'postgresql.slot-kept',
    makeSick: async (patient) => {
      const { config } = patient
      const hosts = [...config.connection.hosts, ...config.connection.hosts]
      return { ...(await placed(patient)), config: { ...config, connection: { ...config.connection, hosts } } }
    },
    treat: async ({ database }, printed) => {
      const { user, password } = database.server
      const command = printed.find((line) => line.startsWith('psql '))?.replace(database.user, user) ?? ''
      await promisify(execFile)('sh', ['-c', command], { env: { ...process.env, PGPASSWORD: password } })
      return {}
    },
  },
  {
    code: 'POSTGRES_NO_SLOTS_LEFT',
    id: 'postgresql.free-slots',
    restart: true,
    makeSick: sql(
      "SELECT pg_create_physical_replication_slot('f' || n) FROM generate_series(1, current_setting('max_replication_slots')::int - (SELECT count(*)::int FROM pg_replication_slots)) n",
    ),
    treat: sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name ~ '^f[0-9]'"),
  },
]

describe.skipIf(postgresqlMissing(18) !== null)(
  'what the doctor finds on PostgreSQL 18 is mended by what it prints',
  () => {
    let server: PostgresServer
    beforeAll(async () => {
      server = await startPostgresql({ settings: { max_replication_slots: '10', log_statement: 'all' } })
    })
    afterAll(async () => {
      await server[Symbol.asyncDispose]()
    })

    test.each(SICKNESSES.map((sickness, row) => ({ ...sickness, row })))('$row $code', async (sickness) => {
      await using database = await watchedDatabase(server)
      await database.query(`INSERT INTO ${heartbeat} (text) VALUES ('test_heartbeat')`)
      const healthy: Patient = { database, config: database.config, signs: NO_SIGNS }
      const sick: Patient = { ...healthy, ...(await sickness.makeSick(healthy)) }
      const finding = found(await examineNow(sick, sickness.blockerAfterMs), sickness.id)
      expect(finding).toMatchObject({ code: sickness.code, status: expect.stringMatching(/^(fail|warn)$/) })
      expect(finding.fix.length).toBeGreaterThan(0)
      const printed = finding.fix.map(({ run }) => run)
      const treated =
        sickness.treat === undefined ? await runPrinted(finding, database) : await sickness.treat(sick, printed)
      if (sickness.restart === true) {
        if (sickness.treat !== undefined) await runPrinted(finding, database)
        await server.stop('fast')
        await server.start()
      }
      const well: Patient = { ...sick, ...(Array.isArray(treated) ? {} : treated) }
      const after = (await examineNow(well, sickness.blockerAfterMs)).find(({ id }) => id === sickness.id)
      // What has no meaning any more, such as a slot that is wanted no longer, is not told.
      if (after !== undefined) expect(after, JSON.stringify(after)).toMatchObject({ code: null, status: 'ok' })
    })

    test('all tables that are missing are added by one statement, and what may be left out on purpose is left', async () => {
      await using database = await watchedDatabase(server)
      const tables = Array.from({ length: 25 }, (_, n) => `public.t${n}`)
      for (const table of tables) await database.query(`CREATE TABLE ${table} (id int PRIMARY KEY)`)
      await database.query("ALTER PUBLICATION streamkap_pub SET (publish = 'insert')")
      const patient: Patient = { database, config: { ...database.config, tables: ['public.t*'] }, signs: NO_SIGNS }
      const findings = (await examineNow(patient)).filter(({ symptom }) => symptom === 4)
      const plan = planFixes({ name: 'shop', kind: 'postgresql', findings, error: null })
      expect(plan.run).toMatchObject([{ check: 'postgresql.watched-published' }])
      for (const { run } of plan.run) await database.query(run)
      expect(found(await examineNow(patient), 'postgresql.watched-published')).toMatchObject({ status: 'ok' })
      const left = plan.left.filter(({ run }) => run.includes('publish ='))
      expect(left.map(({ check }) => check)).toEqual([
        'postgresql.heartbeat-published',
        'postgresql.published-operations',
      ])
    })

    test('POSTGRES_SLOT_IN_USE: another connector reads the slot', async () => {
      await using database = await watchedDatabase(server)
      const patient: Patient = { database, config: database.config, signs: NO_SIGNS }
      const offset = await bornOffset(database.config)
      const reading = await Reading.from(offset, database.config, 'none', { ...readingContext, source: 'other' })
      await reading.until('the slot is read', async () => (await database.slot())?.['active'] === true)
      const finding = found(await examineNow(patient), 'postgresql.slot-holder')
      expect(finding).toMatchObject({ code: 'POSTGRES_SLOT_IN_USE', found: expect.stringContaining('offbeat other') })
      await runPrinted(finding, database)
      await reading.failure()
      await reading[Symbol.asyncDispose]()
      expect(found(await examineNow(patient), 'postgresql.slot-holder')).toMatchObject({ status: 'ok' })
    })

    test('POSTGRES_WAL_LEVEL and POSTGRES_NO_SENDERS_LEFT: settings that need a restart', async () => {
      await using database = await watchedDatabase(server)
      const patient: Patient = { database, config: database.config, signs: NO_SIGNS }
      const restart = async () => {
        await server.stop('fast')
        await server.start()
      }
      for (const slot of await server.query('postgres', 'SELECT slot_name FROM pg_replication_slots'))
        await server.query('postgres', `SELECT pg_drop_replication_slot('${String(slot['slot_name'])}')`)
      await database.query('ALTER SYSTEM SET wal_level = replica')
      await restart()
      const level = found(await examineNow(patient), 'postgresql.wal-level')
      expect(level).toMatchObject({ status: 'fail', code: 'POSTGRES_WAL_LEVEL' })
      await runPrinted(level, database)
      await database.query('ALTER SYSTEM SET max_wal_senders = 1')
      await restart()
      expect(found(await examineNow(patient), 'postgresql.wal-level')).toMatchObject({ status: 'ok' })
      await using other = await watchedDatabase(server)
      const reading = await Reading.from('now', other.config)
      await reading.birth()
      await reading.until('the slot is read', async () => (await other.slot())?.['active'] === true)
      const senders = found(await examineNow(patient), 'postgresql.free-senders')
      expect(senders).toMatchObject({ status: 'fail', code: 'POSTGRES_NO_SENDERS_LEFT' })
      await runPrinted(senders, database)
      await reading[Symbol.asyncDispose]()
      await restart()
      expect(found(await examineNow(patient), 'postgresql.free-senders')).toMatchObject({ status: 'ok' })
    })

    test('promise 14: without --fix the doctor sends no statement that changes anything', async () => {
      await using database = await watchedDatabase(server)
      const patient: Patient = { database, config: database.config, signs: NO_SIGNS }
      await placed(patient)
      const before = server.log().length
      await examineNow(patient)
      // What stands in several lines goes on after a tab.
      const logged = server.log().slice(before).replaceAll('\n\t', ' ')
      const sent = [...logged.matchAll(/(?:statement|execute [^:\n]*): (.*)/g)]
      const statements = sent.map((match) => (match[1] ?? '').trim())
      expect(statements.length).toBeGreaterThan(10)
      expect(
        statements.filter(
          (text) => !/^(SELECT|WITH|SHOW|SET statement_timeout|SET default_transaction_read_only = on)/.test(text),
        ),
      ).toEqual([])
      expect(
        statements.filter((text) =>
          /pg_logical_emit_message|pg_create_|pg_drop_|pg_terminate|nextval|pg_switch|INSERT |UPDATE |DELETE FROM/.test(
            text,
          ),
        ),
      ).toEqual([])
    })

    test('a library that the server does not have is not told to be loaded: it would not start', async () => {
      await using database = await watchedDatabase(server)
      await database.query(`GRANT pg_read_all_settings TO ${database.user}`)
      const source = { ...database.config.heartbeat.source, mode: 'job' as const }
      const config = { ...database.config, heartbeat: { ...database.config.heartbeat, source } }
      const finding = found(await examineNow({ database, config, signs: NO_SIGNS }), 'postgresql.scheduler')
      expect(finding).toMatchObject({
        code: 'POSTGRES_SCHEDULER_NOT_LOADED',
        found: expect.stringContaining('no files'),
      })
      expect(finding.fix.filter(({ database: where }) => where !== null)).toEqual([])
    })

    test('promise 11: what may not be seen is skipped with its grant, and after the grant it is seen', async () => {
      await using database = await watchedDatabase(server)
      const patient: Patient = { database, config: database.config, signs: NO_SIGNS }
      const hidden = found(await examineNow(patient), 'postgresql.sight')
      expect(hidden).toMatchObject({ status: 'skip', code: null, expected: `GRANT pg_monitor TO ${database.user}` })
      await runPrinted(hidden, database)
      expect(found(await examineNow(patient), 'postgresql.sight')).toMatchObject({ status: 'ok' })
      await database.query(`REVOKE SELECT ON ${heartbeat} FROM ${database.user}`)
      const row = found(await examineNow(patient), 'postgresql.heartbeat-row')
      expect(row).toMatchObject({ status: 'skip', expected: `GRANT SELECT ON ${heartbeat} TO ${database.user}` })
    })
  },
)

/** Codes of tests with a name of their own, here and in the file of the scheduled job. */
const NAMED = ['postgresql-doctor.test.ts', 'postgresql-doctor-job.test.ts'].flatMap((file) => {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8')
  const names = [...text.matchAll(/\btest\(\s*'([^']+)'/g)].map((match) => match[1] ?? '')
  const rows = [...text.matchAll(/^\s*\[\s*'(POSTGRES_\w+)',/gm)].map((match) => match[1] ?? '')
  return [...names.flatMap((name) => name.match(/POSTGRES_[A-Z_]+/g) ?? []), ...rows]
})

/** No server can be had that shows them; what reports them is the reader's own check, which has tests of its own. */
const NOT_TO_BE_HAD: readonly ErrorCode[] = ['POSTGRES_VERSION', 'POSTGRES_ONLY_STANDBY']

test('every code that a check may report has a row here that breaks a server', () => {
  const rows = new Set<string>([...SICKNESSES.map(({ code }) => code), ...NAMED, ...NOT_TO_BE_HAD])
  const may = POSTGRESQL_CHECKUP.checks.flatMap(({ codes }) => codes)
  expect(may.filter((code) => !rows.has(code))).toEqual([])
  expect(new Set(POSTGRESQL_CHECKUP.checks.map(({ id }) => id)).size).toBe(POSTGRESQL_CHECKUP.checks.length)
})
