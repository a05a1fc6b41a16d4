import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { FILE_SOURCES } from '../support/file-database/definition.ts'
import { FileDatabase } from '../support/file-database/file-database.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

/** A database file with a configuration that reads it. */
function fileShop() {
  const folder = temporaryFolder()
  const path = folder.file('database')
  const url = `simulated://reader:x@127.0.0.1:1/${encodeURIComponent(path)}`
  const entry = { kind: 'simulated', url, heartbeat: { interval: '100ms' } }
  const config = { sources: { shop: entry }, sink: { kind: 'sqlite', path: 'offbeat.db' }, server: 'off' }
  writeFileSync(folder.file('offbeat.yaml'), JSON.stringify(config), { mode: 0o600 })
  const database = FileDatabase.create(path)
  const stop = new AbortController()
  return {
    database,
    stop: () => stop.abort(),
    offbeat: (...args: readonly string[]) =>
      runOffbeat(args, { cwd: folder.path, env: { OFFBEAT_ADMIN_URL: url }, sources: FILE_SOURCES }),
    start: () => runOffbeat(['run'], { cwd: folder.path, sources: FILE_SOURCES, signal: stop.signal }),
    [Symbol.dispose]() {
      stop.abort()
      database[Symbol.dispose]()
      folder[Symbol.dispose]()
    },
  }
}

test('setup prints what another kind needs in its own script, applies it, and the doctor sees the difference', async () => {
  using shop = fileShop()
  const sick = await shop.offbeat('doctor', 'shop', '--json')
  expect(sick.code, sick.stderr).toBe(1)
  expect(sick.stdout).toContain('"HEARTBEAT_TABLE_MISSING"')
  const plan = await shop.offbeat('setup', 'shop')
  expect(plan, plan.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('CREATE TABLE heartbeat') })
  const applied = await shop.offbeat('setup', 'shop', '--apply', '--yes')
  expect(applied.code, applied.stderr + applied.stdout).toBe(0)
  expect(shop.database.hasHeartbeatTable).toBe(true)
  const well = await shop.offbeat('doctor', 'shop', '--json')
  expect(well.stdout).not.toContain('HEARTBEAT_TABLE_MISSING')
  expect(well.stdout).toContain('simulated.heartbeat-table')
})

test('doctor --fix runs the statement that it prints', async () => {
  using shop = fileShop()
  const fixed = await shop.offbeat('doctor', 'shop', '--fix', '--yes')
  expect(shop.database.hasHeartbeatTable, fixed.stdout + fixed.stderr).toBe(true)
})

test('run delivers, status and offsets report, beat comes back, and a second run goes on from the offset', async () => {
  using shop = fileShop()
  await shop.offbeat('setup', 'shop', '--apply', '--yes')
  const first = await shop.offbeat('run', '--until', 'head', '--quiet')
  expect(first.code, first.stderr).toBe(0)
  shop.database.insert(7)
  const running = shop.start()
  const tail = await shop.offbeat('tail', 'shop', '--topic', 'shop.public.rows', '--limit', '1', '--json')
  expect(tail.stdout, tail.stderr).toContain('"after":{"id":7,"payload":"xxx"}')
  const beaten = await waitFor({ until: 'a heartbeat has come back' }, async () => {
    const { stdout } = await shop.offbeat('status', 'shop', '--json')
    const document = JSON.parse(stdout) as { sources: { heartbeat: { source: { seenAt: string | null } } }[] }
    return document.sources[0]?.heartbeat.source.seenAt == null ? null : document
  })
  expect(beaten).toMatchObject({
    sources: [
      {
        kind: 'simulated',
        verdict: expect.stringMatching(/^(flowing|idle)$/u),
        offset: { position: expect.stringMatching(/^\d+$/u) },
      },
    ],
  })
  const beat = await shop.offbeat('beat', 'shop', '--wait', '--json')
  expect(beat.code, beat.stderr).toBe(0)
  shop.stop()
  expect((await running).code).toBe(0)
  const offsets = await shop.offbeat('offsets', 'show', 'shop', '--json')
  expect(offsets.code, offsets.stderr).toBe(0)
  const at = shop.database.bookmark('shop') ?? 0
  expect(at).toBeGreaterThan(1)
  shop.database.insert(8)
  await shop.offbeat('run', '--until', 'head', '--quiet')
  const all = await shop.offbeat(
    'tail',
    'shop',
    '--topic',
    'shop.public.rows',
    '--since',
    '1h',
    '--idle-exit',
    '100ms',
    '--json',
  )
  expect(all.stdout.match(/"after":\{"id":\d+/gu)).toEqual(['"after":{"id":7', '"after":{"id":8'])
})
