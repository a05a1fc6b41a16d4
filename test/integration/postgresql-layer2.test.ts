import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/cli/program/system-clock.ts'
import type { SilenceCause } from '../../src/sources/heartbeat/row-trace.ts'
import { jobChain } from '../../src/sources/postgresql/beat/job/job-chain.ts'
import { jobTrace } from '../../src/sources/postgresql/beat/job/job-trace.ts'
import type { PostgresqlConfig } from '../../src/sources/postgresql/config.ts'
import type { PostgresConnection } from '../../src/sources/postgresql/connect/connection.ts'
import { connectPostgres } from '../../src/sources/postgresql/connect/connection.ts'
import { POSTGRESQL } from '../../src/sources/postgresql/definition.ts'
import { openProbe } from '../../src/sources/postgresql/inspect/probe.ts'
import type { HeartbeatMode } from '../../src/sources/source-config.ts'
import { Capture } from '../support/captured-tables.ts'
import { scriptOf, withText } from '../support/fix-script.ts'
import { postgresqlMissing, sharedPostgresql, startPostgresql } from '../support/postgresql.ts'
import { readFrom, watchedDatabase } from '../support/postgresql-reading.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'
import { readingContext } from '../support/reading.ts'
import { waitFor } from '../support/wait-for.ts'

const never = new AbortController().signal

function beatenBy(mode: HeartbeatMode, config: PostgresqlConfig, intervalMs = 60_000): PostgresqlConfig {
  return { ...config, heartbeat: { ...config.heartbeat, source: { ...config.heartbeat.source, mode, intervalMs } } }
}

describe.each(OLD_AND_NEW)('PostgreSQL %d: layer 2', (version) => {
  describe.skipIf(postgresqlMissing(version) !== null)('by message', () => {
    test('a message comes back by its nonce without any table, and those of others are no pulses', async () => {
      await using database = await watchedDatabase(await sharedPostgresql(version))
      await database.query('DROP SCHEMA streamkap CASCADE')
      const config = beatenBy('message', database.config)
      await using reading = await readFrom('now', config)
      await reading.firstOffset()
      expect(reading.notices.map(({ code }) => code)).not.toContain('HEARTBEAT_TABLE_MISSING')
      await database.query("SELECT pg_logical_emit_message(true, 'somebody', 'offbeat:shop:1')")
      await database.query("SELECT pg_logical_emit_message(false, 'offbeat', 'offbeat:shop:2')")
      await database.query("SELECT pg_logical_emit_message(true, 'offbeat', 'offbeat:elsewhere:3')")
      await using probe = await openProbe(config, readingContext)
      await probe.beat?.('offbeat:shop:4', never)
      const pulses = () => reading.events.flatMap((event) => (event.type === 'pulse' ? [event.nonce] : []))
      await reading.until('the pulse', () => pulses().includes('offbeat:shop:4'))
      expect(pulses()).toEqual([null, 'offbeat:shop:4'])
    })
  })
})

describe.skipIf(postgresqlMissing(18) !== null)('layer 2 by a job', () => {
  test('promise 8: a job that stops again is reported by what the row shows now, and the fix restores a deleted row', async () => {
    await using database = await watchedDatabase(await sharedPostgresql(18))
    const heartbeat = 'streamkap.streamkap_heartbeat'
    await database.query(`INSERT INTO ${heartbeat} (text) VALUES ('test_heartbeat')`)
    const config = beatenBy('job', database.config)
    await using connection = await connectPostgres(config, { source: 'shop', use: 'inspect', signal: never })
    const chain = jobChain(config, 'shop', systemClock)
    let asked = 0
    const counted: SilenceCause<PostgresConnection>['still'] = (row) => {
      asked++
      return chain.still(row)
    }
    const trace = jobTrace(config, 'shop', { still: counted, unseen: (row) => chain.unseen(row) })
    const still = { found: expect.stringContaining('does not change') }
    const observeAt = (minute: number) => trace.observe(connection, minute * 60_000, never)
    expect([await observeAt(0), await observeAt(1)]).toEqual([null, expect.objectContaining(still)])
    // The expensive query runs once an interval.
    expect([await observeAt(1.5), asked, (await observeAt(2))?.found, asked]).toEqual([null, 1, still.found, 2])
    await database.query(`UPDATE ${heartbeat} SET last_update = clock_timestamp() WHERE id = 1`)
    expect([await observeAt(60), await observeAt(61)]).toEqual([null, expect.objectContaining(still)])
    await database.query(`DELETE FROM ${heartbeat}`)
    const gone = await observeAt(62)
    expect(gone?.found).toContain('no row with id 1')
    await database.query(scriptOf(gone?.fix ?? []))
    expect(await database.query(`SELECT id FROM ${heartbeat}`)).toEqual([{ id: 1 }])
  })

  test('promise 8: a heartbeat table that no publication can have is named as the cause, not a stream that is behind', async () => {
    await using database = await watchedDatabase(await sharedPostgresql(18))
    const heartbeat = 'streamkap.streamkap_heartbeat'
    await database.query(`ALTER PUBLICATION streamkap_pub DROP TABLE ${heartbeat}`)
    await database.query(`ALTER TABLE ${heartbeat} SET UNLOGGED`)
    const config = beatenBy('job', database.config)
    await using connection = await connectPostgres(config, { source: 'shop', use: 'inspect', signal: never })
    const { found } = await jobChain(config, 'shop', systemClock).unseen({ connection, signal: never })
    expect(found).toContain(
      'is not in the stream: the table is UNLOGGED, and a publication cannot include such a table (POSTGRES_HEARTBEAT_NOT_PUBLISHED)',
    )
  })

  test('promise 8: no code path beats; a silent job is named with what the row on the server shows', async () => {
    await using database = await watchedDatabase(await sharedPostgresql(18))
    await database.query("INSERT INTO streamkap.streamkap_heartbeat (text) VALUES ('test_heartbeat')")
    const config = { ...beatenBy('job', database.config, 1000), readOnly: true }
    await using probe = await openProbe(config, readingContext)
    expect(probe.beat).toBeUndefined()
    const job = () =>
      database.query('UPDATE streamkap.streamkap_heartbeat SET last_update = clock_timestamp() WHERE id = 1')
    await using capture = new Capture({ definition: POSTGRESQL, config })
    await capture.start()
    await waitFor({ until: 'the slot is made' }, () => capture.log.withCode('POSTGRES_SLOT_CREATED').length > 0)
    const calledMs = Date.now()
    await job()
    const layer2 = async () => (await capture.status())?.heartbeat.source ?? null
    const seen = await waitFor({ until: 'the job is seen' }, async () => {
      const source = await layer2()
      return source?.seenAt == null ? null : source
    })
    expect(seen).toMatchObject({ mode: 'job', writtenAt: null, broken: null })
    expect(seen.roundTripMs).toBeGreaterThanOrEqual(0)
    // It counts from the commit of the job's change, which came after the call.
    const committedMs = Date.parse(seen.seenAt ?? '') - (seen.roundTripMs ?? 0)
    expect(committedMs).toBeGreaterThanOrEqual(calledMs)
    const broken = (words: string) =>
      waitFor({ until: words }, async () => {
        const found = (await layer2())?.broken ?? null
        return found?.found.includes(words) === true ? found : null
      })
    expect(await broken('does not change on the server')).toMatchObject({
      hop: 'seen',
      code: 'PULSE_JOB_SILENT',
      fix: expect.arrayContaining([withText('cron.job_run_details')]),
    })
    await database.query('ALTER PUBLICATION streamkap_pub DROP TABLE streamkap.streamkap_heartbeat')
    await job()
    const { fix } = await broken('changes on the server that is read')
    await database.query(scriptOf(fix))
    await job()
    await waitFor({ until: 'all is well again' }, async () => (await layer2())?.broken === null)
    expect(capture.messages().filter(({ topic }) => topic.includes('heartbeat'))).toEqual([])
  })
})

describe.skipIf(postgresqlMissing(18) !== null)('a read-only connection', () => {
  test('promise 10: over a run that provokes everything the server logs no statement of ours that writes, but the slot made', async () => {
    await using server = await startPostgresql({
      settings: { log_statement: 'all', log_replication_commands: 'on', log_line_prefix: '%u|' },
    })
    await using database = await watchedDatabase(server)
    const config = { ...beatenBy('job', database.config, 500), readOnly: true }
    const capture = new Capture({ definition: POSTGRESQL, config })
    const ended = () => capture[Symbol.asyncDispose]()
    // Once more at the end, harmless, where the run fails before it.
    await using _ = { [Symbol.asyncDispose]: () => ended().catch(() => undefined) }
    await capture.start()
    await waitFor({ until: 'the slot is made' }, () => capture.log.withCode('POSTGRES_SLOT_CREATED').length > 0)
    await database.query("INSERT INTO item VALUES (1, 'a')")
    await waitFor({ until: 'the row is delivered' }, () => capture.changes('shop.public.item').length === 1)
    // No job runs, so the row is read; then the stream is broken, and the server stopped.
    await waitFor({ until: 'the silence is investigated' }, () => server.log().includes('ctid::text'))
    await server.query('postgres', `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots`)
    await database.query("INSERT INTO item VALUES (2, 'b')")
    await waitFor({ until: 'the second row is delivered' }, () => capture.changes('shop.public.item').length === 2)
    await server.stop('fast')
    await server.start()
    await database.query("INSERT INTO item VALUES (3, 'c')")
    await waitFor({ until: 'the third row is delivered' }, () => capture.changes('shop.public.item').length === 3)
    await using probe = await openProbe(config, readingContext)
    await probe.inspect(() => null, never)
    const kept = await probe.keptPosition?.(never)
    if (kept !== undefined) await probe.offsetAt?.(kept.position, null, never)
    await examine(config)
    await server.dropSlots(database.name)
    await waitFor({ until: 'the position is lost' }, async () => (await capture.status())?.verdict === 'lost')
    await expect(ended()).rejects.toMatchObject({ code: 'POSTGRES_SLOT_MISSING' })
    const said = statements(server.log(), database.user)
    const reads = said.filter((sql) => READS.test(sql))
    expect(said.filter((sql) => !READS.test(sql))).toEqual([expect.stringMatching(/^CREATE_REPLICATION_SLOT /)])
    expect(reads.filter((sql) => WRITES.test(sql))).toEqual([])
    expect(said.length).toBeGreaterThan(20)
  })
})

const READS = /^(SELECT|SHOW|WITH|IDENTIFY_SYSTEM|TIMELINE_HISTORY|START_REPLICATION)\b/

/** What a SELECT may write all the same. */
const WRITES =
  /emit_message|nextval|setval|slot_advance|create_\w*slot|drop_replication|copy_\w*slot|switch_wal|standby_snapshot|txid_current\(|pg_current_xact_id\(|\bINTO\b|\bFOR (UPDATE|SHARE)\b|\bUPDATE \S+ SET\b|\bDELETE FROM\b/i

/** What `offbeat doctor` reads. */
async function examine(config: PostgresqlConfig): Promise<void> {
  const signs = { running: null, offset: null, status: null, pulses: [], bytesPerMs: null }
  const findings = await (await POSTGRESQL.checkup()).examine(
    config,
    { ...readingContext, signs, atRiskMs: 0, storedOffset: () => null },
    never,
  )
  expect(findings.length).toBeGreaterThan(10)
}

/** The statements and replication commands of one user, each whole: the server begins its further lines with a tab. */
function statements(log: string, user: string): readonly string[] {
  return log
    .replaceAll('\n\t', ' ')
    .split('\n')
    .flatMap((line) => {
      if (!line.startsWith(`${user}|`)) return []
      const match = /LOG: {2}(?:statement|execute [^:]*|received replication command): (.*)$/.exec(line)
      return match?.[1] === undefined ? [] : [match[1].trim()]
    })
}
