import { describe, expect, test } from 'vitest'
import { commandList } from '../../src/cli/program/command-list.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import type { OffbeatError } from '../../src/model/error.ts'
import { connectPostgres } from '../../src/sources/postgresql/connect/connection.ts'
import type { SessionUse } from '../../src/sources/postgresql/connect/session-settings.ts'
import { surveyDatabase } from '../../src/sources/postgresql/inspect/survey.ts'
import { examineNow } from '../support/broken-postgresql.ts'
import { found, NO_SIGNS } from '../support/broken-server.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { startPgbouncer } from '../support/pgbouncer.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { queryRows } from '../support/postgresql-query.ts'
import { readFrom, type WatchedDatabase, watchedDatabase, withConnection } from '../support/postgresql-reading.ts'
import { inShell } from '../support/psql.ts'
import { readingContext } from '../support/reading.ts'
import { recordingContext } from '../support/recording-context.ts'
import { startReplacingProxy } from '../support/replacing-proxy.ts'
import { openShop, type Shop } from '../support/shop.ts'

const USES: readonly SessionUse[] = ['log', 'inspect', 'beat', 'admin']
const signal = new AbortController().signal

const usersOf = ({ config }: WatchedDatabase) => [
  { user: config.connection.user, password: config.connection.password?.reveal() ?? '' },
]

async function failureOf(attempt: Promise<AsyncDisposable>): Promise<OffbeatError> {
  return await attempt.then(
    async (opened) => {
      await opened[Symbol.asyncDispose]()
      throw new Error('it accepted the connection')
    },
    (error: OffbeatError) => error,
  )
}

async function offbeat(shop: Shop, ...args: readonly string[]) {
  const context = recordingContext({
    workingDirectory: shop.folder.path,
    environment: { OFFBEAT_ADMIN_URL: shop.url },
  })
  const code = await runProgram(commandList, args, context, '9.9.9')
  return { code, stdout: context.stdout.text, stderr: context.stderr.text }
}

describe.skipIf(postgresqlMissing() !== null)('a connection pooler', () => {
  test.each([
    { mode: 'session', ignores: [], pooler: 'PgBouncer', found: /08P01: unsupported startup parameter/u },
    { mode: 'session', ignores: ['options'], pooler: 'PgBouncer', found: /08P01: unsupported startup parameter/u },
    { mode: 'transaction', ignores: ['options'], pooler: 'PgBouncer', found: /08P01: unsupported startup parameter/u },
    { mode: 'transaction', ignores: ['options', 'replication'], pooler: null, found: /does not have the settings/u },
  ] as const)('PgBouncer in mode $mode that drops $ignores is refused by name for every session', async (about) => {
    await using database = await watchedDatabase(await sharedPostgresql())
    await using pooler = await startPgbouncer(database.server, { ...about, users: usersOf(database) })
    const config = withConnection(database.config, { hosts: [pooler] })
    for (const use of USES) {
      const error = await failureOf(connectPostgres(config, { source: 'shop', use, signal }))
      expect(error, use).toMatchObject({
        code: 'POSTGRES_POOLER',
        retry: false,
        found: expect.stringMatching(about.found),
      })
      expect(error.details['pooler'], use).toBe(about.pooler)
    }
    await expect(surveyDatabase(config, readingContext)).rejects.toMatchObject({ code: 'POSTGRES_POOLER' })
  })

  test('leaves the sessions that a pooler shares with others as they were', async () => {
    await using database = await watchedDatabase(await sharedPostgresql())
    const about = { mode: 'transaction', ignores: ['options'], users: usersOf(database) } as const
    await using pooler = await startPgbouncer(database.server, about)
    const config = withConnection(database.config, { hosts: [pooler] })
    await failureOf(connectPostgres(config, { source: 'shop', use: 'inspect', signal }))
    const at = new URL(database.server.url(database.name))
    Object.assign(at, { username: database.user, password: usersOf(database)[0]?.password, port: pooler.port })
    expect(await queryRows(at.href, 'SHOW default_transaction_read_only', [])).toEqual([
      { default_transaction_read_only: 'off' },
    ])
  })

  test('POSTGRES_POOLER: one that passes on the settings but not replication is found by the doctor', async () => {
    await using database = await watchedDatabase(await sharedPostgresql())
    const [dropped, other] = [Buffer.from('replication\0database\0'), Buffer.from('offbeat.rep\0database\0')]
    await using proxy = await startReplacingProxy(database.server, dropped, other, 'client')
    const config = withConnection(database.config, { hosts: [proxy] })
    const examined = { database, config, signs: NO_SIGNS }
    expect(found(await examineNow(examined), 'postgresql.replication-connection')).toMatchObject({
      status: 'fail',
      code: 'POSTGRES_POOLER',
      found: expect.stringContaining('IDENTIFY_SYSTEM'),
    })
    const direct = { ...examined, config: database.config }
    expect(found(await examineNow(direct), 'postgresql.replication-connection')).toMatchObject({ status: 'ok' })
    await expect(surveyDatabase(config, readingContext)).rejects.toMatchObject({ code: 'POSTGRES_POOLER' })
  })

  test('the trial of the doctor leaves a running connector and its slot alone', async () => {
    await using database = await watchedDatabase(await sharedPostgresql())
    await using reading = await readFrom('now', database.config)
    await reading.firstOffset()
    await reading.until('the slot is read', async () => (await database.slot())?.['active'] === true)
    const before = await database.slot()
    await examineNow({ database, config: database.config, signs: NO_SIGNS })
    expect(await database.slot()).toMatchObject({ active_pid: before?.['active_pid'] })
    await database.query("INSERT INTO item VALUES (1, 'after it')")
    await reading.until('the row', () => reading.ids.includes(1))
  })

  test('run stops for good, and doctor, setup and init say what to do', async () => {
    await using shop = await openShop(await sharedPostgresql())
    const { user, password } = shop.server
    await using pooler = await startPgbouncer(shop.server, {
      mode: 'session',
      ignores: ['options'],
      users: [{ user, password }],
    })
    const url = Object.assign(new URL(shop.url), { port: pooler.port }).href
    shop.configure({ url })
    const run = await runOffbeat(['run'], { cwd: shop.folder.path })
    expect(run.code).toBe(2)
    const said = /it is a connection pooler \(PgBouncer\)/u
    expect(run.stderr).toMatch(said)
    const doctor = await offbeat(shop, 'doctor')
    expect(doctor).toMatchObject({ code: 2, stdout: expect.stringMatching(/POSTGRES_POOLER/u) })
    const line = /^ *(psql '.*)$/mu.exec(doctor.stdout)?.[1] ?? ''
    expect(await inShell(line, { PGPASSWORD: password })).toContain(`${shop.server.host}|${shop.server.port}`)
    const init = await offbeat(shop, 'init', 'new.yaml', '--url', url)
    expect(init).toMatchObject({ code: 2, stderr: expect.stringMatching(said) })
    const setup = await offbeat(shop, 'setup', 'shop', '--apply', '--yes')
    expect(setup).toMatchObject({ code: 1, stderr: expect.stringMatching(said) })
    expect(await offbeat(shop, 'setup', 'shop', '--apply', '--yes', '--admin', url)).toMatchObject({ code: 2 })
  })
})
