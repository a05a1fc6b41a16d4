import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { planFixes } from '../../src/doctor/fix-plan.ts'
import { Secret } from '../../src/model/secret.ts'
import { type ExaminedDatabase, examineNow, HEARTBEAT, restart, runPrinted } from '../support/broken-postgresql.ts'
import { found, NO_SIGNS } from '../support/broken-server.ts'
import { isRequired, thorough } from '../support/environment.ts'
import { type PostgresServer, postgresqlMissing, sharedPostgresql, startPostgresql } from '../support/postgresql.ts'
import { type WatchedDatabase, watchedDatabase } from '../support/postgresql-reading.ts'
import { waitFor } from '../support/wait-for.ts'

const LIBRARY = '/usr/lib/postgresql/15/lib/pg_cron.so'
/**
 * The jobs run when the server starts: pg_cron 1.4 knows whole minutes otherwise, and the next one is long to wait for. The library
 * need not be loaded for it, without which the trigger cannot tell it of the change.
 */
const AT_START = `ALTER TABLE cron.job DISABLE TRIGGER USER; UPDATE cron.job SET schedule = '@reboot'; ALTER TABLE cron.job ENABLE TRIGGER USER`

/** Why there is no pg_cron for tests; null when there is one. */
function schedulerMissing(): string | null {
  const reason =
    postgresqlMissing(15) ??
    (existsSync(LIBRARY)
      ? null
      : `${LIBRARY} is not there: apt-get install -y --no-install-recommends postgresql-15-cron`)
  if (reason === null) return null
  if (isRequired('postgresql')) throw new Error(`OFFBEAT_REQUIRE names postgresql: ${reason}`)
  process.stderr.write(`no pg_cron for tests: ${reason}\n`)
  return reason
}

function examinedOf(database: WatchedDatabase): ExaminedDatabase {
  const { config } = database
  const source = { ...config.heartbeat.source, mode: 'job' as const, by: 'database' as const }
  return { database, config: { ...config, heartbeat: { ...config.heartbeat, source } }, signs: NO_SIGNS }
}

describe.skipIf(schedulerMissing() !== null)('the scheduled job, link by link', () => {
  let server: PostgresServer
  beforeAll(async () => {
    const settings = {
      shared_preload_libraries: 'pg_cron',
      'cron.database_name': 'postgres',
      'cron.use_background_workers': 'on',
      max_worker_processes: '20',
    }
    server = await startPostgresql({ version: 15, settings })
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
  })

  const cron = (sql: string) => server.query('postgres', sql)

  /** A database with its row, and a job that changes it as this role; gives the job's number. */
  async function withJob(database: WatchedDatabase, role = database.user): Promise<string> {
    const command = `UPDATE ${HEARTBEAT} SET last_update = CURRENT_TIMESTAMP WHERE id = 1`
    const words = [`beat ${database.name}`, '* * * * *', command, database.name, role].map((word) => `'${word}'`)
    const [row] = await cron(`SELECT cron.schedule_in_database(${words.join(', ')})::text AS id`)
    return String(row?.['id'])
  }

  test('promise 11: extension, schema and jobs that are not visible are skipped with their grants; then SCHEDULER_MISSING and JOB_MISSING are fixed', async () => {
    await using database = await watchedDatabase(server)
    await database.query(`INSERT INTO ${HEARTBEAT} (text) VALUES ('test_heartbeat')`)
    const examined = examinedOf(database)
    const { user } = database
    const settings = found(await examineNow(examined), 'postgresql.scheduler')
    expect(settings).toMatchObject({ status: 'skip', expected: `GRANT pg_read_all_settings TO ${user}` })
    await runPrinted(settings, database)
    const missing = found(await examineNow(examined), 'postgresql.scheduler')
    expect(missing).toMatchObject({ status: 'fail', code: 'SCHEDULER_MISSING' })
    expect(missing.fix[0]).toMatchObject({ text: 'CREATE EXTENSION pg_cron', at: 'postgres' })
    await runPrinted(missing, database)
    expect(found(await examineNow(examined), 'postgresql.scheduler')).toMatchObject({ status: 'ok' })
    const usage = found(await examineNow(examined), 'postgresql.job')
    expect(usage).toMatchObject({ status: 'skip', expected: `GRANT USAGE ON SCHEMA cron TO ${user}` })
    await runPrinted(usage, database)
    // Nothing shows that a hidden job changes the row: both ways out stand on one screen.
    const hidden = found(await examineNow(examined), 'postgresql.job')
    expect(hidden).toMatchObject({ status: 'fail', code: 'JOB_MISSING' })
    expect(hidden.fix[0]?.text).toMatch(/^SELECT cron\.schedule_in_database/)
    const letSee = /let .* see it/
    await runPrinted(hidden, database, letSee)
    // Nor does the sight of one user take that of the next.
    await using other = await watchedDatabase(server)
    await cron(`GRANT USAGE ON SCHEMA cron TO ${other.user}`)
    await runPrinted(found(await examineNow(examinedOf(other)), 'postgresql.job'), other, letSee)
    expect(found(await examineNow(examinedOf(other)), 'postgresql.job').fix).toHaveLength(1)
    await cron(`DROP OWNED BY ${other.user}`)
    const none = found(await examineNow(examined), 'postgresql.job')
    expect(none).toMatchObject({ status: 'fail', code: 'JOB_MISSING' })
    await runPrinted(none, database)
    expect(found(await examineNow(examined), 'postgresql.job')).toMatchObject({ status: 'ok' })
    const [{ jobid } = {}] = await cron(`SELECT jobid::text FROM cron.job WHERE database = '${database.name}'`)
    await cron(
      `SELECT cron.unschedule(${String(jobid)}); DROP POLICY "offbeat_${user}" ON cron.job; DROP POLICY "offbeat_${user}" ON cron.job_run_details`,
    )
    await cron(`DROP OWNED BY ${user}`)
  })

  test('promise 11: JOB_MISSING: a job that was deleted is distinguished from one that is hidden, and scheduled again by what is printed', async () => {
    await cron('CREATE EXTENSION IF NOT EXISTS pg_cron')
    await using database = await watchedDatabase(server)
    await using left = new AsyncDisposableStack()
    left.defer(async () => void (await cron(`DROP OWNED BY ${database.user}`)))
    await cron(`GRANT USAGE ON SCHEMA cron TO ${database.user}`)
    await database.query(`INSERT INTO ${HEARTBEAT} (text) VALUES ('test_heartbeat')`)
    const examined = examinedOf(database)
    const jobs = async () => found(await examineNow(examined), 'postgresql.job')
    const job = await withJob(database)
    await cron(`SELECT cron.alter_job(${job}, schedule := '0 0 1 1 *')`)
    const ran = (ago: string) =>
      cron(`DELETE FROM cron.job_run_details;
        INSERT INTO cron.job_run_details (jobid, database, username, command, status, return_message, start_time)
        SELECT ${job}, '${database.name}', '${database.user}', 'UPDATE ${HEARTBEAT}', 'succeeded', 'UPDATE 1', now() - interval '${ago}'`)
    await ran('1 second')
    await database.query(`UPDATE ${HEARTBEAT} SET last_update = CURRENT_TIMESTAMP`)
    await waitFor({ until: 'the update is counted' }, async () => {
      return found(await examineNow(examined), 'postgresql.heartbeat-moves').status === 'ok'
    })
    await cron(`SELECT cron.unschedule(${job})`)
    const deleted = await jobs()
    expect(deleted).toMatchObject({ status: 'fail', code: 'JOB_MISSING' })
    expect(deleted.found).toContain(`job ${job} of ${database.user} last ran`)
    // Something has changed the row since.
    await ran('1 minute')
    expect(await jobs()).toMatchObject({ status: 'skip', code: null })
    await ran('0')
    await runPrinted(await jobs(), database)
    expect(await jobs()).toMatchObject({ status: 'ok' })
    const [again] = await cron(`SELECT jobid, username FROM cron.job WHERE database = '${database.name}'`)
    expect(again).toMatchObject({ username: database.user })
    await cron(`SELECT cron.unschedule(${String(again?.['jobid'])})`)
  })

  test('promise 11: a job that waits for the row is no job that does not run: HEARTBEAT_SLOW names who locks it', async () => {
    await cron('CREATE EXTENSION IF NOT EXISTS pg_cron')
    await using database = await watchedDatabase(server)
    await using left = new AsyncDisposableStack()
    left.defer(async () => void (await cron(`DROP OWNED BY ${database.user}`)))
    await cron(`GRANT USAGE ON SCHEMA cron TO ${database.user}`)
    await database.query(
      `INSERT INTO ${HEARTBEAT} (text, last_update) VALUES ('test_heartbeat', now() - interval '67 minutes')`,
    )
    const job = await withJob(database)
    await cron(`SELECT cron.alter_job(${job}, schedule := '* 1 1 1 *');
      INSERT INTO cron.job_run_details (jobid, database, username, command, status, return_message, start_time)
      VALUES (${job}, '${database.name}', '${database.user}', '', 'succeeded', 'UPDATE 1', now() - interval '9000 days')`)
    const locking = left.use(await server.connect(database.name))
    await locking.query(`BEGIN; SELECT FROM ${HEARTBEAT} FOR UPDATE`)
    const findings = await examineNow(examinedOf(database))
    expect(findings.map(({ id }) => id)).not.toContain('postgresql.job-runs')
    const locked = found(findings, 'postgresql.heartbeat-moves')
    expect(locked).toMatchObject({ status: 'fail', code: 'HEARTBEAT_SLOW' })
    await runPrinted(locked, database, /end the session/)
    await waitFor({ until: 'nothing locks the row' }, async () => {
      const runs = (await examineNow(examinedOf(database))).find(({ id }) => id === 'postgresql.job-runs')
      return runs?.code === 'JOB_NOT_RUNNING'
    })
    await cron(`SELECT cron.unschedule(${job})`)
  })

  test('promise 11: JOB_FAILING: a trigger that keeps the job from changing the row is named and disabled', async () => {
    await cron('CREATE EXTENSION IF NOT EXISTS pg_cron')
    await using database = await watchedDatabase(server)
    await using left = new AsyncDisposableStack()
    left.defer(async () => void (await cron(`DROP OWNED BY ${database.user}`)))
    await cron(`GRANT USAGE ON SCHEMA cron TO ${database.user}`)
    await database.query(`INSERT INTO ${HEARTBEAT} (text) VALUES ('test_heartbeat');
      CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
      CREATE TRIGGER "Odd one" BEFORE UPDATE ON ${HEARTBEAT} FOR EACH ROW EXECUTE FUNCTION swallow()`)
    const job = await withJob(database)
    await cron(`SELECT cron.alter_job(${job}, schedule := '0 0 1 1 *');
      INSERT INTO cron.job_run_details (jobid, database, username, command, status, return_message, start_time)
      VALUES (${job}, '${database.name}', '${database.user}', '', 'succeeded', 'UPDATE 0', now())`)
    const failing = found(await examineNow(examinedOf(database)), 'postgresql.job-runs')
    expect(failing).toMatchObject({ code: 'JOB_FAILING' })
    expect(failing.fix[0]?.text).toContain('the trigger "Odd one" (function public.swallow)')
    await runPrinted(failing, database)
    expect(await database.query(`UPDATE ${HEARTBEAT} SET text = '' RETURNING id`)).toEqual([{ id: 1 }])
    await cron(`SELECT cron.unschedule(${job})`)
  })

  test('JOB_OTHER_DATABASE: of a job that also updates another row and is disabled, one statement fixes all', async () => {
    await cron('CREATE EXTENSION IF NOT EXISTS pg_cron')
    await using database = await watchedDatabase(server)
    await cron(`GRANT USAGE ON SCHEMA cron TO ${database.user}`)
    const job = await withJob(database)
    const command = `UPDATE ${HEARTBEAT} SET last_update = now() WHERE id = 2`
    await cron(`SELECT cron.alter_job(${job}, database := 'postgres', command := '${command}', active := false)`)
    const examined = examinedOf(database)
    const finding = found(await examineNow(examined), 'postgresql.job-database')
    expect(finding.found).toContain('updates the row with id = 2')
    await runPrinted(finding, database)
    for (const id of ['postgresql.job-database', 'postgresql.job-row', 'postgresql.job-active'])
      expect(found(await examineNow(examined), id)).toMatchObject({ status: 'ok' })
    await cron(`SELECT cron.unschedule(${job}); DROP OWNED BY ${database.user}`)
  })

  test.each([
    ['JOB_DISABLED', 'postgresql.job-active', 'active := false'],
    ['JOB_OTHER_DATABASE', 'postgresql.job-database', "database := 'postgres'"],
    ['JOB_SCHEDULE', 'postgresql.job-schedule', "schedule := '0 * * * *'"],
    ['JOB_OTHER_ROW', 'postgresql.job-row', `command := 'UPDATE ${HEARTBEAT} SET last_update = now() WHERE id = 2'`],
  ])('%s', async (code, id, change) => {
    await cron('CREATE EXTENSION IF NOT EXISTS pg_cron')
    await using database = await watchedDatabase(server)
    await cron(`GRANT USAGE ON SCHEMA cron TO ${database.user}`)
    const job = await withJob(database)
    await cron(`SELECT cron.alter_job(${job}, ${change})`)
    const examined = examinedOf(database)
    const finding = found(await examineNow(examined), id)
    expect(finding).toMatchObject({ status: 'fail', code })
    expect(finding.fix[0]).toMatchObject({ at: 'postgres' })
    await runPrinted(finding, database)
    expect(found(await examineNow(examined), id)).toMatchObject({ status: 'ok', code: null })
    await cron(`SELECT cron.unschedule(${job}); DROP OWNED BY ${database.user}`)
  })

  test('the job of another database of the server is that one’s: none of ours to change, and no name of it is taken', async () => {
    await cron('CREATE EXTENSION IF NOT EXISTS pg_cron')
    await using first = await watchedDatabase(server)
    await using second = await watchedDatabase(server)
    for (const database of [first, second]) {
      const examined = examinedOf(database)
      await cron(`ALTER ROLE ${database.user} SUPERUSER`)
      const id = database === first ? 'postgresql.job' : 'postgresql.job-database'
      const finding = found(await examineNow(examined), id)
      const advised = finding.fix
        .map(({ text }) => /SELECT cron\.schedule_in_database\(.*\)$/.exec(text)?.[0] ?? '')
        .join('')
      const plan = planFixes({ name: 'shop', kind: 'postgresql', findings: [finding], error: null })
      expect(plan.run.map(({ text }) => text)).toEqual(database === first ? [advised] : [])
      await cron(advised)
    }
    const jobs = await cron('SELECT database, active FROM cron.job ORDER BY jobid')
    expect(jobs).toEqual([first, second].map(({ name }) => ({ database: name, active: true })))
    await cron('SELECT cron.alter_job(min(jobid), active := false), cron.unschedule(max(jobid)) FROM cron.job')
    const findings = await examineNow(examinedOf(second))
    expect(findings.filter(({ id }) => /job-(active|row|schedule|runs)/.test(id))).toEqual([])
    await cron('SELECT cron.unschedule(jobid) FROM cron.job')
  })

  test('SCHEDULER_NOT_LOADED, JOB_NOT_RUNNING, JOB_FAILING: found and fixed', async () => {
    await cron('CREATE EXTENSION IF NOT EXISTS pg_cron')
    await using idle = await watchedDatabase(server)
    await using denied = await watchedDatabase(server)
    await using empty = await watchedDatabase(server)
    await using left = new AsyncDisposableStack()
    for (const { user } of [idle, denied, empty]) left.defer(async () => void (await cron(`DROP OWNED BY ${user}`)))
    const examined = [idle, denied, empty].map(examinedOf)
    for (const database of [idle, denied, empty])
      await cron(`GRANT USAGE ON SCHEMA cron TO ${database.user}; GRANT pg_read_all_settings TO ${database.user}`)
    for (const database of [idle, denied])
      await database.query(
        `INSERT INTO ${HEARTBEAT} (text, last_update) VALUES ('test_heartbeat', now() - interval '67 minutes')`,
      )
    const jobs = [await withJob(idle), await withJob(denied), await withJob(empty)]
    await cron("ALTER SYSTEM SET shared_preload_libraries = 'auto_explain'")
    await restart(server)
    // A minute may have begun meanwhile.
    await cron('DELETE FROM cron.job_run_details')
    await cron(`ALTER ROLE ${idle.user} BYPASSRLS`)
    await denied.query(`REVOKE UPDATE ON ${HEARTBEAT} FROM ${denied.user}`)
    const [first, second, third] = examined
    if (first === undefined || second === undefined || third === undefined) throw new Error('three databases')
    const findings = await examineNow(first)
    expect(found(findings, 'postgresql.job-runs')).toMatchObject({ status: 'fail', code: 'JOB_NOT_RUNNING' })
    expect(found(findings, 'postgresql.heartbeat-moves')).toMatchObject({
      status: 'fail',
      code: 'HEARTBEAT_STILL',
    })
    const notLoaded = found(findings, 'postgresql.scheduler')
    expect(notLoaded).toMatchObject({ status: 'fail', code: 'SCHEDULER_NOT_LOADED' })
    await runPrinted(notLoaded, idle)
    if (!thorough) await cron(AT_START)
    await restart(server)
    const runs = async (examined: ExaminedDatabase) => found(await examineNow(examined), 'postgresql.job-runs')
    const patience = { everyMs: 250 }
    await waitFor({ until: 'the job has run', ...patience }, async () => (await runs(first)).status === 'ok')
    expect(found(await examineNow(first), 'postgresql.heartbeat-moves')).toMatchObject({ status: 'ok' })
    const failing = await runs(second)
    expect(failing).toMatchObject({
      code: 'JOB_FAILING',
      found: expect.stringContaining('permission denied for table'),
    })
    const nothing = await runs(third)
    expect(nothing).toMatchObject({ code: 'JOB_FAILING', found: expect.stringContaining('UPDATE 0') })
    await runPrinted(failing, denied)
    await runPrinted(nothing, empty)
    // Until its next run the finding stays; what it asks for is done by now, and is not printed again.
    for (const examined of [second, third])
      expect((await runs(examined)).fix.map(({ text }) => text)).toEqual([
        expect.stringMatching(/^SELECT return_message /),
      ])
    // The same jobs, at the server's start: it comes before the next minute does.
    for (const job of jobs) await cron(`SELECT cron.alter_job(${job}, schedule := '@reboot')`)
    await restart(server)
    for (const examined of [second, third])
      await waitFor({ until: 'the job has run well', ...patience }, async () => (await runs(examined)).status === 'ok')
    for (const job of jobs) await cron(`SELECT cron.unschedule(${job})`)
  })

  test('what a run failed for is decided by a query of the privileges, whatever the language of its words', async () => {
    await cron('CREATE EXTENSION IF NOT EXISTS pg_cron')
    await using database = await watchedDatabase(server)
    await cron(`GRANT USAGE ON SCHEMA cron TO ${database.user}`)
    await database.query(`INSERT INTO ${HEARTBEAT} (text) VALUES ('test_heartbeat')`)
    const job = await withJob(database)
    await cron(`SELECT cron.alter_job(${job}, schedule := '0 0 1 1 *')`)
    const lastRun = (status: string, words: string) =>
      cron(`DELETE FROM cron.job_run_details;
        INSERT INTO cron.job_run_details (jobid, database, username, command, status, return_message, start_time)
        VALUES (${job}, '${database.name}', '${database.user}', '', '${status}', '${words}', now())`)
    const runs = async () => found(await examineNow(examinedOf(database)), 'postgresql.job-runs')
    await lastRun('succeeded', 'UPDATE 1')
    expect(await runs()).toMatchObject({ status: 'ok' })
    await database.query(`REVOKE UPDATE ON ${HEARTBEAT} FROM ${database.user}`)
    const before = await runs()
    expect(before).toMatchObject({ code: 'JOB_FAILING', found: expect.stringContaining('next run will fail') })
    await runPrinted(before, database)
    expect(await runs()).toMatchObject({ status: 'ok' })
    const fixes = async (words: string) => {
      await lastRun('failed', words)
      const finding = await runs()
      expect(finding.code).toBe('JOB_FAILING')
      return finding.fix.map(({ text }) => text)
    }
    const german = 'FEHLER:  keine Berechtigung für Tabelle streamkap_heartbeat'
    expect(await fixes('ERROR:  permission denied for table streamkap_heartbeat')).toEqual([
      expect.stringMatching(/^SELECT return_message /),
    ])
    for (const lost of [`UPDATE ON ${HEARTBEAT}`, `SELECT ON ${HEARTBEAT}`, 'USAGE ON SCHEMA streamkap']) {
      await database.query(`REVOKE ${lost} FROM ${database.user}`)
      const granted = await fixes(german)
      expect(granted).toEqual([expect.stringMatching(/^GRANT USAGE/), expect.stringMatching(/^GRANT SELECT, UPDATE/)])
      for (const run of granted) await database.query(run)
      expect(await fixes(german)).toEqual([expect.stringMatching(/^SELECT return_message /)])
    }
    await database.query(`DELETE FROM ${HEARTBEAT}`)
    expect(await fixes(german)).toEqual([expect.stringMatching(/^INSERT INTO/)])
    await database.query(`INSERT INTO ${HEARTBEAT} (id) OVERRIDING SYSTEM VALUE VALUES (1)`)
    // Its jobs need no login, which is seen with the grant alone.
    expect(await fixes('connection failed')).toEqual([
      expect.stringMatching(/^ALTER SYSTEM SET cron.use_background/),
      expect.stringMatching(/^restart/),
      expect.stringMatching(/^let .* connect/),
    ])
    await cron(`GRANT pg_read_all_settings TO ${database.user}`)
    expect(await fixes('connection failed')).toEqual([expect.stringMatching(/^SELECT return_message /)])
    await cron(`SELECT cron.unschedule(${job}); DROP OWNED BY ${database.user}`)
  })

  test('a row that another time zone may have written is called neither fresh nor still without proof', async () => {
    await cron('CREATE EXTENSION IF NOT EXISTS pg_cron')
    await using database = await watchedDatabase(server)
    await database.query(`INSERT INTO ${HEARTBEAT} (text) VALUES ('test_heartbeat')`)
    const moves = async (about: Partial<ExaminedDatabase> = {}) =>
      found(await examineNow({ ...examinedOf(database), ...about }), 'postgresql.heartbeat-moves')
    const write = (zone: string, ago: string) =>
      database.query(`SET TimeZone = '${zone}'; UPDATE ${HEARTBEAT} SET last_update = now() - interval '${ago}'`)
    // The time of the insert is no change that anybody has made since.
    expect(await moves()).toMatchObject({ status: 'skip', found: expect.stringContaining('not been updated since') })
    await write('UTC', '0')
    await waitFor({ until: 'the update is counted' }, async () => (await moves()).status === 'ok')
    await write('Asia/Kolkata', '0')
    expect(await moves()).toMatchObject({ status: 'skip', found: expect.stringContaining('from now') })
    await write('America/New_York', '0')
    expect(await moves()).toMatchObject({ status: 'skip' })
    await write('America/New_York', '7 minutes')
    expect(await moves()).toMatchObject({ status: 'fail', code: 'HEARTBEAT_STILL' })
    // An hour old, and where it was written the clocks are an hour ahead of ours.
    await database.query(`ALTER ROLE ${database.user} SET TimeZone = 'UTC'`)
    await write('Etc/GMT-1', '1 hour')
    expect(await moves()).toMatchObject({ status: 'skip' })
    const pulse = {
      nonce: '',
      writtenAtMs: 0,
      deliveredAtMs: null,
      storedAtMs: null,
      acknowledgedAtMs: null,
      committedAtMs: null,
      failedCode: null,
    }
    const signs = { ...NO_SIGNS, pulses: [{ ...pulse, seenAtMs: Date.now() - 20_000 }] }
    expect(await moves({ signs })).toMatchObject({ status: 'ok', found: expect.stringContaining('from the log') })
    await cron(`GRANT USAGE ON SCHEMA cron TO ${database.user}`)
    const job = await withJob(database)
    await cron(`INSERT INTO cron.job_run_details (jobid, database, username, command, status, return_message, start_time)
      VALUES (${job}, '${database.name}', '${database.user}', '', 'succeeded', 'UPDATE 1', now())`)
    expect(await moves()).toMatchObject({ status: 'ok', found: expect.stringMatching(/^the job changed it/) })
    await cron(`SELECT cron.alter_job(${job}, command := 'UPDATE ${HEARTBEAT} SET last_update = now() WHERE id = 2')`)
    expect(await moves()).toMatchObject({ status: 'skip' })
    await cron(`SELECT cron.unschedule(${job}); DROP OWNED BY ${database.user}`)
    await server.query('postgres', 'ALTER SYSTEM SET track_commit_timestamp = on')
    await restart(server)
    await write('Asia/Kolkata', '0')
    expect(await moves()).toMatchObject({ status: 'ok', found: expect.stringMatching(/^the row last changed/) })
  })

  test('PRIMARY_ELSEWHERE: a server that is no standby has its job itself, wherever `primary` leads', async () => {
    await cron('CREATE EXTENSION IF NOT EXISTS pg_cron')
    await using database = await watchedDatabase(server)
    await cron(`GRANT USAGE ON SCHEMA cron TO ${database.user}; GRANT pg_read_all_settings TO ${database.user}`)
    const job = await withJob(database)
    const { config } = database
    const scheduler = async (primary: WatchedDatabase['config']['primary']) => {
      const examined = examinedOf(database)
      const findings = await examineNow({ ...examined, config: { ...examined.config, primary } })
      expect(found(findings, 'postgresql.job')).toMatchObject({ status: 'ok', found: `job ${job} exists` })
      return found(findings, 'postgresql.scheduler')
    }
    const gone = { ...config.connection, hosts: [{ host: '127.0.0.1', port: 1 }] }
    expect(await scheduler(gone)).toMatchObject({
      status: 'warn',
      code: 'PRIMARY_ELSEWHERE',
      found: expect.stringContaining('`primary` could not be checked: the server 127.0.0.1:1 cannot be reached'),
    })
    const { host, port, user, password } = await sharedPostgresql()
    const other = { ...config.connection, hosts: [{ host, port }], database: 'postgres', user }
    expect(await scheduler({ ...other, password: new Secret(password) })).toMatchObject({
      status: 'warn',
      code: 'PRIMARY_ELSEWHERE',
      found: expect.stringContaining('`primary` leads to another server'),
    })
    expect(await scheduler(config.connection)).toMatchObject({ status: 'ok', code: null })
    await cron(`SELECT cron.unschedule(${job}); DROP OWNED BY ${database.user}`)
  })

  test('a standby: POSTGRES_STANDBY, PRIMARY_IS_STANDBY, POSTGRES_STANDBY_LATE, POSTGRES_STANDBY_FEEDBACK', async () => {
    await using database = await watchedDatabase(server)
    const examined = examinedOf(database)
    await server.stop('fast')
    await writeFile(join(server.dataDir, 'standby.signal'), '')
    await server.start()
    await database.query('SELECT pg_wal_replay_pause()')
    const findings = await examineNow(examined)
    expect(found(findings, 'postgresql.version')).toMatchObject({ code: 'POSTGRES_STANDBY' })
    expect(found(findings, 'postgresql.scheduler')).toMatchObject({
      status: 'skip',
      expected: expect.stringMatching(/^primary: /),
    })
    const late = found(findings, 'postgresql.standby-replay')
    expect(late).toMatchObject({ status: 'fail', code: 'POSTGRES_STANDBY_LATE' })
    const feedback = found(findings, 'postgresql.standby-feedback')
    expect(feedback).toMatchObject({ status: 'warn', code: 'POSTGRES_STANDBY_FEEDBACK' })
    const primary = { ...examined, config: { ...examined.config, primary: examined.config.connection } }
    expect(found(await examineNow(primary), 'postgresql.scheduler')).toMatchObject({
      code: 'PRIMARY_IS_STANDBY',
    })
    await runPrinted(late, database)
    await runPrinted(feedback, database)
    await waitFor({ until: 'the setting is in force' }, async () => {
      return found(await examineNow(examined), 'postgresql.standby-feedback').status === 'ok'
    })
    expect(found(await examineNow(examined), 'postgresql.standby-replay').found).not.toContain('paused')
    await database.query('SELECT pg_promote()')
    await waitFor({ until: 'it is a primary' }, async () => {
      const [row] = await database.query('SELECT pg_is_in_recovery() AS standby')
      return row?.['standby'] === false
    })
    const promoted = await examineNow(primary)
    expect(found(promoted, 'postgresql.version')).toMatchObject({ status: 'ok' })
    expect(found(promoted, 'postgresql.scheduler').code).not.toBe('PRIMARY_IS_STANDBY')
    expect(promoted.some(({ id }) => id.startsWith('postgresql.standby-'))).toBe(false)
  })
})
