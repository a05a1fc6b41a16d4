import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/cli/program/system-clock.ts'
import type { BrokenHop } from '../../src/model/source-status.ts'
import { jobChain } from '../../src/sources/postgresql/beat/job/job-chain.ts'
import { jobTrace, rowVersion } from '../../src/sources/postgresql/beat/job/job-trace.ts'
import type { PostgresqlConfig } from '../../src/sources/postgresql/config.ts'
import { POSTGRESQL } from '../../src/sources/postgresql/definition.ts'
import { Capture } from '../support/captured-tables.ts'
import { connectReadOnly } from '../support/connect-read-only.ts'
import { isRequired } from '../support/environment.ts'
import { scriptOf, textsOf } from '../support/fix-script.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { type WatchedDatabase, watchedDatabase, withConnection } from '../support/postgresql-reading.ts'
import { startStandby } from '../support/postgresql-standby.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { waitFor } from '../support/wait-for.ts'

const HEARTBEAT = 'streamkap.streamkap_heartbeat'
const COMMAND = `UPDATE ${HEARTBEAT} SET last_update = CURRENT_TIMESTAMP WHERE id = 1`
const hasCron = existsSync('/usr/lib/postgresql/15/lib/pg_cron.so')
if (!hasCron && isRequired('postgresql')) throw new Error('OFFBEAT_REQUIRE names postgresql: no pg_cron for version 15')

function byJob({ config }: WatchedDatabase): PostgresqlConfig {
  const source = { ...config.heartbeat.source, mode: 'job', by: 'database', intervalMs: 1000 } as const
  return { ...config, readOnly: true, heartbeat: { ...config.heartbeat, source } }
}

async function brokenHop(capture: Capture, words: string): Promise<BrokenHop> {
  return await waitFor({ until: words, everyMs: 200 }, async () => {
    const broken = (await capture.status())?.heartbeat.source.broken ?? null
    return broken?.found.includes(words) === true ? broken : null
  })
}

async function allIsWell(capture: Capture): Promise<void> {
  await waitFor({ until: 'all is well' }, async () => {
    const layer2 = (await capture.status())?.heartbeat.source
    return layer2?.seenAt != null && layer2.broken === null
  })
}

/** Each cause has its line, with the fix, and the end of it all has one. */
function expectLogged({ log }: Capture, causes: readonly string[]): void {
  const lines = log.lines.filter(({ fields }) => fields['code'] === 'PULSE_JOB_SILENT')
  for (const cause of causes) {
    const named = lines.filter(({ level, message }) => level === 'warn' && message.includes(cause))
    expect(named.length, cause).toBeGreaterThan(0)
    for (const { fields } of named) expect(fields['fix'], cause).not.toEqual([])
  }
  expect(lines.at(-1)).toMatchObject({ level: 'info', message: expect.stringContaining('layer 2 works again') })
}

/** A standby of this version cannot be streamed from, but can be inspected: the job is still found on its primary. */
async function fromStandby(primary: PostgresServer, database: WatchedDatabase): Promise<void> {
  await using standby = await startStandby(primary)
  await standby.catchUp()
  const config = {
    ...withConnection(byJob(database), { hosts: [{ host: standby.host, port: standby.port }] }),
    primary: database.config.connection,
  }
  const { signal } = new AbortController()
  await using connection = await connectReadOnly(config, 'shop', signal)
  const trace = jobTrace(config, 'shop', jobChain(config, 'shop', systemClock))
  expect(await trace.observe(connection, 0, signal)).toBeNull()
  const silence = await trace.observe(connection, 1000, signal)
  expect(silence?.found).toMatch(/does not change on the server that is read: job \d+ is disabled \(JOB_DISABLED\)/)
  expect(scriptOf(silence?.fix ?? [])).toMatch(
    /^-- in the database postgres, by .*, on the primary\nSELECT cron\.alter_job\(\d+, active := true\);$/,
  )
  const blind = jobTrace(
    { ...config, primary: null },
    'shop',
    jobChain({ ...config, primary: null }, 'shop', systemClock),
  )
  await blind.observe(connection, 0, signal)
  expect((await blind.observe(connection, 1000, signal))?.fix[0]).toMatchObject({
    in: 'person',
    text: expect.stringMatching(/^configure primary: /),
  })
}

/** A row that the primary changed a moment ago may be on its way. */
async function notOnFirstSight(config: PostgresqlConfig): Promise<void> {
  const { signal } = new AbortController()
  await using connection = await connectReadOnly(config, 'shop', signal)
  const version = (await rowVersion(connection, config, { signal })) ?? ''
  const chain = jobChain(config, 'shop', systemClock)
  expect(await chain.still({ connection, version, signal })).toBeNull()
  expect((await chain.still({ connection, version, signal }))?.found).toContain('changes on the primary and not on')
}

/** A primary that swallows everything does not use up the time of the inspection. */
async function notForLong(config: PostgresqlConfig, server: PostgresServer): Promise<void> {
  await using swallowing = await startTcpProxy(server)
  swallowing.swallow(true)
  const { signal } = new AbortController()
  await using connection = await connectReadOnly(config, 'shop', signal)
  const primary = { ...config.connection, hosts: [{ host: swallowing.host, port: swallowing.port }] }
  const quick = { ...systemClock, sleep: (ms: number, until: AbortSignal) => systemClock.sleep(ms / 20, until) }
  const chain = jobChain({ ...config, primary }, 'shop', quick)
  const silence = await chain.still({ connection, version: '', signal })
  expect(silence?.found).toContain('did not answer within 5000 ms')
}

describe.skipIf(postgresqlMissing(15) !== null || !hasCron)('a silent job of pg_cron', () => {
  test('promise 8: the connector names the broken link with the statement that fixes it: no job, disabled, failing', async () => {
    const settings = {
      shared_preload_libraries: 'pg_cron',
      'cron.database_name': 'postgres',
      'cron.use_background_workers': 'on',
    }
    await using server = await startPostgresql({ version: 15, settings })
    await using database = await watchedDatabase(server)
    const cron = (sql: string) => server.query('postgres', sql)
    await cron('CREATE EXTENSION pg_cron')
    await cron(`GRANT USAGE ON SCHEMA cron TO ${database.user}; GRANT pg_read_all_settings TO ${database.user}`)
    await using left = new AsyncDisposableStack()
    left.defer(async () => void (await cron(`DROP OWNED BY ${database.user}`)))
    await database.query(`INSERT INTO ${HEARTBEAT} (text) VALUES ('test_heartbeat')`)
    await using capture = new Capture({ definition: POSTGRESQL, config: byJob(database) })
    await capture.start()

    // Row level security hides the jobs of others, so that none is not known to be missing.
    const hidden = await brokenHop(capture, 'cron.job shows a user only its own rows')
    expect(hidden).toMatchObject({ code: 'PULSE_JOB_SILENT' })
    const policies = textsOf(hidden.fix).filter((statement) => statement.startsWith('CREATE POLICY'))
    expect(policies).toHaveLength(2)
    for (const policy of policies) await cron(policy)
    const missing = await brokenHop(capture, 'has no job whose command names')
    expect(scriptOf(missing.fix)).toMatch(
      /^-- in the database postgres, by .*, on the primary\nSELECT cron\.schedule_in_database\(/,
    )
    await cron(scriptOf(missing.fix))
    await cron(`UPDATE cron.job SET active = false, username = '${database.user}'`)
    const disabled = await brokenHop(capture, 'JOB_DISABLED')
    expect(disabled).toMatchObject({ hop: 'seen', found: expect.stringMatching(/job \d+ is disabled/) })
    await fromStandby(server, database)
    await database.query(`REVOKE UPDATE ON ${HEARTBEAT} FROM ${database.user}`)
    await cron(scriptOf(disabled.fix))
    // The run of the next minute, which is long to wait for.
    await cron(`INSERT INTO cron.job_run_details (jobid, runid, job_pid, database, username, command, status, return_message, start_time)
        SELECT jobid, 1000000, 1, database, username, command, 'failed', 'ERROR:  permission denied for table streamkap_heartbeat', now()
        FROM cron.job`)
    const failing = await brokenHop(capture, 'JOB_FAILING')
    expect(failing.found).toContain('permission denied for table')
    await database.query(scriptOf(failing.fix))
    // What the job does at its next minute.
    await database.query(`SET ROLE ${database.user}; ${COMMAND}`)
    await allIsWell(capture)
    expectLogged(capture, ['JOB_MISSING', 'JOB_DISABLED', 'JOB_FAILING'])
  })
})

describe.skipIf(postgresqlMissing(18) !== null)('a job whose work does not reach the standby that is read', () => {
  test('promise 8: replication is named, and what stopped it, once the row is known to change on the primary', async () => {
    await using primary = await startPostgresql({ settings: { autovacuum: 'off' } })
    await using database = await watchedDatabase(primary)
    await database.query(`INSERT INTO ${HEARTBEAT} (text) VALUES ('test_heartbeat')`)
    await using standby = await startStandby(primary)
    await standby.catchUp()
    const config = {
      ...withConnection(byJob(database), { hosts: [{ host: standby.host, port: standby.port }] }),
      primary: database.config.connection,
    }
    await using capture = new Capture({ definition: POSTGRESQL, config })
    await capture.start()
    await waitFor({ until: 'the slot is made' }, async () => {
      await primary.query('postgres', 'SELECT pg_log_standby_snapshot()')
      return capture.log.withCode('POSTGRES_SLOT_CREATED').length > 0
    })
    await primary.query(database.name, COMMAND)
    await allIsWell(capture)

    // No job runs on the primary: it has no pg_cron.
    const idle = await brokenHop(capture, 'does not change on the server that is read')
    expect(idle.found).toContain('pg_cron is in none of')
    expect(scriptOf(idle.fix)).toContain('GRANT pg_read_all_settings TO')

    await standby.query('postgres', 'SELECT pg_wal_replay_pause()')
    await primary.query(database.name, COMMAND)
    await notOnFirstSight(config)
    await notForLong(config, primary)
    const late = await brokenHop(capture, 'changes on the primary and not on the standby')
    expect(late).toMatchObject({
      code: 'PULSE_JOB_SILENT',
      found: expect.stringContaining('replay is paused (POSTGRES_STANDBY_LATE)'),
      fix: [{ at: database.name, by: 'a superuser, on the standby', text: 'SELECT pg_wal_replay_resume()' }],
    })
    await standby.query('postgres', scriptOf(late.fix))
    await allIsWell(capture)
  })
})
