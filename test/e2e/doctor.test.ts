import { existsSync, readFileSync, statSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commandList } from '../../src/cli/program/command-list.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import { systemClock } from '../../src/cli/program/system-clock.ts'
import type { Clock } from '../../src/model/clock.ts'
import type { Fix } from '../../src/model/fix.ts'
import { startOffbeat } from '../support/child.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { expectNothingPlanted, PLANTED_PASSWORD, PLANTED_ROW } from '../support/planted.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { cutBlocks } from '../support/printed-block.ts'
import { pasteIntoPsql } from '../support/psql.ts'
import { recordingContext } from '../support/recording-context.ts'
import { type RunningOffbeat, runningOffbeat } from '../support/running-offbeat.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { waitFor } from '../support/wait-for.ts'

interface Report {
  readonly ok: boolean
  readonly sources: readonly {
    readonly checks: readonly { readonly id: string; readonly status: string; readonly fix: readonly Fix[] }[]
  }[]
  readonly fixed?: readonly { readonly ok: boolean; readonly fix: Fix }[]
}

describe.skipIf(postgresqlMissing(18) !== null)('offbeat doctor', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgresql({ settings: { log_statement: 'all' } })
    const quoted = PLANTED_PASSWORD.replaceAll("'", "''")
    await server.query('postgres', `CREATE ROLE planted LOGIN PASSWORD '${quoted}'`)
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
  })

  async function doctor(shop: Shop, args: readonly string[], about: Parameters<typeof recordingContext>[0] = {}) {
    const context = recordingContext({ workingDirectory: shop.folder.path, ...about })
    const code = await runProgram(commandList, ['doctor', ...args], context, '9.9.9')
    return { code, stdout: context.stdout.text, stderr: context.stderr.text }
  }

  function plantedUrl(shop: Shop): string {
    return `postgresql://planted:${encodeURIComponent(PLANTED_PASSWORD)}@${server.host}:${server.port}/${shop.database}`
  }

  function statusOf(report: Report, id: string): string | undefined {
    return report.sources[0]?.checks.find((check) => check.id === id)?.status
  }

  test('--fix shows, asks, runs what is safe as the administrator, checks again; a second time finds nothing to run', async () => {
    await using shop = await openShop(server)
    await shop.sql(
      'DROP SCHEMA streamkap CASCADE; DROP PUBLICATION streamkap_pub; CREATE PUBLICATION streamkap_pub FOR TABLE orders',
    )
    shop.configure({ url: plantedUrl(shop), tables: ['public.orders'] })
    const environment = { OFFBEAT_ADMIN_URL: shop.url }
    const findings = await doctor(shop, ['--json'])
    expect(findings.code).toBe(1)
    expect(statusOf(JSON.parse(findings.stdout) as Report, 'postgresql.heartbeat-table')).toBe('fail')
    const refused = await doctor(shop, ['--fix'], { environment })
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('CONFIRMATION_NEEDED')
    const no = await doctor(shop, ['--fix'], { environment, ask: async () => 'no' })
    expect(no.stderr).toContain('CREATE TABLE IF NOT EXISTS streamkap.streamkap_heartbeat')
    expect(no.stderr).toContain('Nothing was changed.')
    expect(await shop.sql("SELECT FROM pg_namespace WHERE nspname = 'streamkap'")).toEqual([])
    const fixed = await doctor(shop, ['--fix', '--yes', '--json'], { environment })
    const report = JSON.parse(fixed.stdout) as Report
    expect(fixed.code, fixed.stderr).toBe(0)
    expect(report.ok).toBe(true)
    expect(report.fixed?.every(({ ok }) => ok)).toBe(true)
    // What weighs the server's disk, ends somebody's session or needs a restart is shown and left.
    expect(fixed.stderr).toContain('to be run by hand')
    expect(report.fixed?.some(({ fix }) => /ALTER SYSTEM|pg_terminate|pg_drop|DROP /.test(fix.text))).toBe(false)
    const again = await doctor(shop, ['--fix', '--yes', '--json'], { environment })
    expect(JSON.parse(again.stdout)).toMatchObject({ ok: true, fixed: [] })
    expect((await doctor(shop, ['--strict'])).code).toBe(1)
  })

  test.each([80, 200])(
    'what the whole screen prints to be run, %i columns wide, is pasted into psql and fixes it',
    async (columns) => {
      await using shop = await openShop(server)
      await shop.sql('DROP SCHEMA streamkap CASCADE; DROP PUBLICATION streamkap_pub; CREATE PUBLICATION streamkap_pub')
      shop.configure({ url: plantedUrl(shop), tables: ['public.orders'] })
      const { stdout } = await doctor(shop, ['shop'], { columns })
      const blocks = cutBlocks(stdout).filter(
        ({ database, alternative }) => database === shop.database && alternative === null,
      )
      expect(blocks.map(({ check }) => check)).toEqual(
        expect.arrayContaining(['postgresql.heartbeat-table', 'postgresql.watched-published']),
      )
      // What weighs the server's disk is of the whole server, which other tests share.
      for (const { text } of blocks.filter(({ text: run }) => !run.includes('ALTER SYSTEM')))
        await pasteIntoPsql(server, shop.database, text)
      expect(await shop.sql('SELECT id FROM streamkap.streamkap_heartbeat')).toEqual([{ id: 1 }])
      const after = JSON.parse((await doctor(shop, ['shop', '--json'])).stdout) as Report
      for (const check of ['heartbeat-table', 'heartbeat-published', 'watched-published', 'replication-role'])
        expect(statusOf(after, `postgresql.${check}`), check).toBe('ok')
    },
  )

  test('exit codes: 4 for a database that cannot be reached, 2 for a wrong password, 3 for a lost position', async () => {
    await using shop = await openShop(server)
    shop.configure({ url: 'postgresql://planted:x@127.0.0.1:1/x' })
    expect(await doctor(shop, [])).toMatchObject({ code: 4, stdout: expect.stringContaining('DATABASE_UNREACHABLE') })
    shop.configure({ url: plantedUrl(shop).replace('planted:', 'planted:wrong') })
    expect(await doctor(shop, [])).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('DATABASE_PASSWORD_WRONG'),
    })
    shop.configure()
    await runOffbeat(['run', '--until', 'head'], { cwd: shop.folder.path })
    await server.dropSlots(shop.database)
    const lost = await doctor(shop, [])
    expect(lost).toMatchObject({ code: 3, stdout: expect.stringContaining('POSTGRES_SLOT_MISSING') })
    // Of the choices one is run, not the one after the other: the last loses what the first keeps.
    expect(lost.stdout).toMatch(
      /choice 1: Connect to the server .*run: {6}# in a shell\n.*choice 2: Start again .*run: {6}# in a shell\n.*offsets reset/su,
    )
  })

  test('promise 14: examining and --bundle write nothing to the database', async () => {
    await using shop = await openShop(server)
    await server.query('postgres', 'CHECKPOINT')
    const before = server.log().length
    for (const args of [[], ['--json'], ['--bundle', 'bundle.json']]) await doctor(shop, args)
    const sent = [
      ...server
        .log()
        .slice(before)
        .replaceAll('\n\t', ' ')
        .matchAll(/(?:statement|execute [^:\n]*): (.*)/g),
    ].map((match) => match[1] ?? '')
    expect(sent.length).toBeGreaterThan(20)
    expect(sent.filter((text) => !/^\s*(SELECT|WITH|SHOW)/.test(text))).toEqual([])
  })

  test('promise 12: a bundle holds what helps, and no password, no URL’s password, no row value', async () => {
    await using shop = await openShop(server)
    await shop.sql(`GRANT ALL ON SCHEMA streamkap TO planted; GRANT ALL ON ALL TABLES IN SCHEMA streamkap TO planted;
      ALTER ROLE planted REPLICATION; INSERT INTO streamkap.streamkap_heartbeat (text) VALUES ('${PLANTED_ROW}')`)
    shop.configure({ url: plantedUrl(shop) })
    await runOffbeat(['run', '--until', 'head'], { cwd: shop.folder.path })
    await shop.sql(`INSERT INTO orders VALUES (1, '${PLANTED_ROW}', 918273645546372819)`)
    await runOffbeat(['run', '--until', 'head'], { cwd: shop.folder.path })
    const environment = { OFFBEAT_ADMIN_URL: plantedUrl(shop) }
    await shop.sql('ALTER PUBLICATION streamkap_pub RENAME TO gone')
    const run = await doctor(shop, ['--bundle', 'bundle.json', '--fix', '--yes', '--log-level', 'debug'], {
      environment,
    })
    expectNothingPlanted(`${run.stdout}\n${run.stderr}`, 'the doctor')
    const text = readFileSync(shop.folder.file('bundle.json'), 'utf8')
    expectNothingPlanted(text, 'the bundle')
    expect(text).toContain('[redacted]')
    const bundle: unknown = JSON.parse(text)
    expect(bundle).toMatchObject({
      version: 1,
      versions: { offbeat: '9.9.9' },
      doctor: { sources: [{ name: 'shop' }] },
      sources: [
        { status: { name: 'shop' }, ledger: expect.arrayContaining([expect.objectContaining({ by: 'commit' })]) },
      ],
    })
    expect(statSync(shop.folder.file('bundle.json')).mode & 0o077).toBe(0)
    const twice = await doctor(shop, ['--bundle', 'bundle.json'])
    expect(twice).toMatchObject({ code: 2, stderr: expect.stringContaining('EEXIST') })
    expect(existsSync(shop.folder.file('bundle.json'))).toBe(true)
  })

  test('--fix that is stopped says what was run and what was not', async () => {
    await using shop = await openShop(server)
    await shop.sql('DROP SCHEMA streamkap CASCADE')
    const stop = new AbortController()
    const ask = async () => {
      stop.abort(new DOMException('stopped by SIGTERM', 'AbortError'))
      return 'yes'
    }
    const environment = { OFFBEAT_ADMIN_URL: shop.url }
    const stopped = await doctor(shop, ['--fix'], { environment, ask, signal: stop.signal })
    expect(stopped.code).toBe(1)
    expect(stopped.stderr).toMatch(/Stopped \(stopped by SIGTERM\).*\nDone: nothing.\nNot done: CREATE SCHEMA/u)
  })

  /** The connector has beaten in vain for so long that the doctor says so. */
  async function silence(shop: Shop, running: Pick<RunningOffbeat, 'output'>): Promise<void> {
    await running.output(/slot .*was created/u)
    await shop.sql('DROP SCHEMA streamkap CASCADE')
    await waitFor({ until: 'layer 2 is reported as silent' }, async () => {
      const { stdout } = await doctor(shop, ['--json'])
      return statusOf(JSON.parse(stdout) as Report, 'offbeat.layer-2') === 'fail'
    })
  }

  test('--fix waits for the next beat of a running connector, and says what came of it', async () => {
    await using shop = await openShop(server)
    await using running = runningOffbeat(['run'], { cwd: shop.folder.path })
    await silence(shop, running)
    const fixed = await doctor(shop, ['--fix', '--yes', '--json'], { environment: { OFFBEAT_ADMIN_URL: shop.url } })
    expect(fixed, fixed.stderr).toMatchObject({ code: 0 })
    expect(statusOf(JSON.parse(fixed.stdout) as Report, 'offbeat.layer-2')).toBe('ok')
    expect(fixed.stderr).toMatch(/shop: fixed; waiting for the next heartbeat of the connector, 11 s at most\n/u)
  })

  test('--fix waits for no beat that does not come, and the exit code says so', async () => {
    await using shop = await openShop(server)
    await using running = startOffbeat(['run'], { cwd: shop.folder.path })
    await silence(shop, running)
    running.kill('SIGSTOP')
    let fasterMs = 0
    const clock: Clock = {
      ...systemClock,
      monotonicMs: () => performance.now() + fasterMs,
      sleep: async (ms, signal) => {
        await systemClock.sleep(ms, signal)
        fasterMs += 20 * ms
      },
    }
    const environment = { OFFBEAT_ADMIN_URL: shop.url }
    const fixed = await doctor(shop, ['--fix', '--yes', '--json'], { environment, clock })
    expect(fixed).toMatchObject({ code: 1, stderr: expect.stringContaining('no heartbeat came back within 11s') })
    expect(statusOf(JSON.parse(fixed.stdout) as Report, 'postgresql.heartbeat-table')).toBe('ok')
  })

  test('--fix waits for no beat where layer 2 is off', async () => {
    await using shop = await openShop(server)
    shop.configure({ heartbeat: { connector: { interval: '10m' }, source: 'off' }, tables: ['public.orders'] })
    await using running = runningOffbeat(['run'], { cwd: shop.folder.path })
    await running.output(/slot .*was created/u)
    await shop.sql('DROP PUBLICATION streamkap_pub; CREATE PUBLICATION streamkap_pub')
    const clock = { ...systemClock, nowMs: () => Date.now() + 3_600_000 }
    const environment = { OFFBEAT_ADMIN_URL: shop.url }
    const fixed = await doctor(shop, ['--fix', '--yes', '--json'], { environment, clock })
    const report = JSON.parse(fixed.stdout) as Report
    expect(report.fixed?.length).toBeGreaterThan(0)
    expect(statusOf(report, 'offbeat.offset')).toBe('fail')
    expect(fixed.stderr).not.toContain('next heartbeat')
  })

  test('--fix says when layer 2 will be known where the next beat is too far to be waited for', async () => {
    await using shop = await openShop(server)
    shop.configure({ heartbeat: { interval: '10m' } })
    await using running = runningOffbeat(['run'], { cwd: shop.folder.path })
    await running.output(/slot .*was created/u)
    await shop.sql('DROP SCHEMA streamkap CASCADE')
    const clock = { ...systemClock, nowMs: () => Date.now() + 3_600_000 }
    const fixed = await doctor(shop, ['--fix', '--yes'], { environment: { OFFBEAT_ADMIN_URL: shop.url }, clock })
    expect(fixed.code).toBe(1)
    expect(fixed.stderr).toMatch(/until its next heartbeat, at .*\d\d:\d\d:\d\d UTC.* at the latest \(one every 10m\)/u)
    expect(fixed.stderr).toContain('run: offbeat doctor shop')
  })

  test('promise 14: --fix without an administrator changes nothing and says what it takes', async () => {
    await using shop = await openShop(server)
    await shop.sql('DROP SCHEMA streamkap CASCADE')
    const run = await doctor(shop, ['--fix', '--yes'])
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('ADMIN_NEEDED') })
    expect(await shop.sql("SELECT FROM pg_namespace WHERE nspname = 'streamkap'")).toEqual([])
  })
})
