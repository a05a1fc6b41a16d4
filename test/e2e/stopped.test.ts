import { writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { startOffbeat } from '../support/child.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { sharedPostgresql, startPostgresql } from '../support/postgresql.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { waitFor } from '../support/wait-for.ts'

interface Reported {
  readonly name: string
  readonly verdict: string
  readonly why: string
  readonly connector: {
    readonly running: boolean
    readonly pid: number | null
    readonly since: string | null
    readonly reportedAt: string | null
  }
}

const NOT_RUNNING = { running: false, pid: null, since: null }

/** The configuration with the shop and these sources beside it. */
function configure(shop: Shop, server: unknown, more: Readonly<Record<string, unknown>> = {}): void {
  const entry = { kind: 'postgresql', url: shop.url, slot: shop.slot }
  const sources = { shop: entry, ...more }
  writeFileSync(shop.folder.file('offbeat.yaml'), JSON.stringify({ sources, server, sink: { kind: 'sqlite' } }))
}

async function status(
  shop: Shop,
  source: string,
): Promise<{ readonly code: number | null; readonly report: Reported }> {
  const { code, stdout } = await runOffbeat(['status', source, '--json'], { cwd: shop.folder.path })
  const [report] = (JSON.parse(stdout) as { sources: Reported[] }).sources
  if (report === undefined) throw new Error(`no status of ${source}: ${stdout}`)
  return { code, report }
}

/** What is reported is in the answers over HTTP before it is in the store. */
function hasReport(shop: Shop): boolean {
  using db = new DatabaseSync(shop.folder.file('offbeat.db'), { readOnly: true, timeout: 60_000 })
  return db.prepare("SELECT 1 FROM status WHERE source = 'shop'").get() !== undefined
}

const SERVERS = [
  ['that answers over HTTP', { listen: '127.0.0.1:0' }],
  ['without HTTP', 'off'],
] as const

test.each(SERVERS)('a connector %s that is killed is stopped at once, though it flowed', async (_name, http) => {
  await using shop = await openShop(await sharedPostgresql())
  configure(shop, http)
  const never = await status(shop, 'shop')
  expect(never).toMatchObject({
    code: 1,
    report: { verdict: 'stopped', connector: { ...NOT_RUNNING, reportedAt: null } },
  })
  expect(never.report.why).toContain('it has never run')
  await using running = startOffbeat(['run'], { cwd: shop.folder.path })
  await running.output(/slot .*was created/u)
  await shop.sql("INSERT INTO orders VALUES (1, 'tea', 1)")
  const flowing = await waitFor({ until: 'the change is stored' }, async () => {
    const answer = await status(shop, 'shop')
    return answer.report.verdict === 'flowing' ? answer : null
  })
  expect(flowing).toMatchObject({ code: 0, report: { connector: { running: true, pid: running.pid } } })
  await waitFor({ until: 'the store has what the connector reported' }, () => hasReport(shop))
  running.kill('SIGKILL')
  await running.ended
  await shop.sql("INSERT INTO orders VALUES (2, 'tea', 1)")
  const stopped = await status(shop, 'shop')
  expect(stopped).toMatchObject({ code: 1, report: { verdict: 'stopped', connector: NOT_RUNNING } })
  expect(stopped.report.why).toMatch(/^no process runs the connector \(it last reported .* ago\); .*can stay stopped/u)
  expect(Date.parse(stopped.report.connector.reportedAt ?? '')).toBeGreaterThan(0)
  const { code, stdout } = await runOffbeat(['status'], { cwd: shop.folder.path })
  expect(code).toBe(1)
  expect(stdout).toMatch(/connector\s+not running; last reported/u)
})

test.each(SERVERS)(
  'beside a process %s, a source it does not run is stopped, and the doctor says so',
  async (_name, http) => {
    await using shop = await openShop(await sharedPostgresql())
    await using second = await openShop(shop.server)
    const other = { kind: 'postgresql', url: second.url, slot: second.slot }
    configure(shop, http, { other })
    await using running = startOffbeat(['run', '--sources', 'shop'], { cwd: shop.folder.path })
    await running.output(/slot .*was created/u)
    const { code, report } = await status(shop, 'other')
    expect({ code, report }).toMatchObject({ code: 1, report: { verdict: 'stopped', connector: NOT_RUNNING } })
    expect(report.why).toContain(`process ${running.pid} owns the store and does not run this source`)
    const doctor = await runOffbeat(['doctor', 'other', '--json'], { cwd: shop.folder.path })
    expect(doctor.stdout).toContain('no connector runs')
  },
)

test.each(SERVERS)(
  'in a process %s, a connector that failed for good is stopped while the other goes on',
  async (_name, http) => {
    await using shop = await openShop(await sharedPostgresql())
    const wrong = { kind: 'postgresql', url: shop.url, slot: `${shop.slot}_wrong`, publication: 'nowhere' }
    configure(shop, http, { wrong })
    await using running = startOffbeat(['run'], { cwd: shop.folder.path })
    await running.output(/stopped; fix this and start again/u)
    await running.output(/slot .*was created/u)
    const { code, report } = await waitFor({ until: 'its end is reported' }, async () => {
      const answer = await status(shop, 'wrong')
      return answer.report.why.includes('POSTGRES_PUBLICATION_MISSING') ? answer : null
    })
    expect({ code, report }).toMatchObject({ code: 1, report: { verdict: 'stopped', connector: NOT_RUNNING } })
    expect((await status(shop, 'shop')).report.connector).toMatchObject({ running: true, pid: running.pid })
  },
)

test.each(SERVERS)('a process %s that waits for its slot is starting, not stopped', async (_name, http) => {
  // Its own: on a shared one the slots of other tests would wait too.
  await using server = await startPostgresql()
  await using shop = await openShop(server)
  await using holder = await shop.server.connect(shop.database)
  await holder.query("BEGIN; INSERT INTO orders VALUES (1, 'tea', 1)")
  configure(shop, http)
  await using running = startOffbeat(['run'], { cwd: shop.folder.path })
  await waitFor({ until: 'the slot waits for the open transaction' }, async () => {
    const sql = 'SELECT 1 FROM pg_replication_slots WHERE slot_name = $1 AND confirmed_flush_lsn IS NULL'
    return (await holder.query(sql, [shop.slot])).length > 0
  })
  const { code, report } = await status(shop, 'shop')
  expect({ code, report }).toMatchObject({
    code: 1,
    report: {
      verdict: 'stale',
      why: expect.stringMatching(/^the connector started .* ago and has no stream yet/u),
      connector: { running: true, pid: running.pid, reportedAt: null },
    },
  })
  await holder.query('ROLLBACK')
  await waitFor({ until: 'it streams' }, async () => (await status(shop, 'shop')).code === 0)
})
