import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Child, startOffbeat } from '../support/child.ts'
import { ask } from '../support/http-board.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { sharedPostgresql, startPostgresql } from '../support/postgresql.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { waitFor } from '../support/wait-for.ts'

interface Reported {
  readonly verdict: string
  readonly why: string
  readonly lastChangeAt: string | null
}

async function start(shop: Shop): Promise<{ readonly running: Child; readonly url: string }> {
  const running = startOffbeat(['run'], { cwd: shop.folder.path })
  const [, url = ''] = await running.output(/answers over HTTP at (http:[^",]+)/u)
  return { running, url }
}

async function reported(url: string): Promise<Reported> {
  const { sources } = JSON.parse((await ask(`${url}/api/status`)).body) as { sources: Reported[] }
  const [source] = sources
  if (source === undefined) throw new Error('no source is reported')
  return source
}

const isReady = async (url: string) => (await ask(`${url}/readyz`)).status === 200

/** HTTP on a free port, and an interval in which nothing but what the test does happens. */
function configure(shop: Shop): void {
  const entry = { kind: 'postgresql', url: shop.url, slot: shop.slot, heartbeat: { interval: '10m' } }
  const config = { sources: { shop: entry }, sink: { kind: 'sqlite' }, server: { listen: '127.0.0.1:0' } }
  writeFileSync(shop.folder.file('offbeat.yaml'), JSON.stringify(config))
}

test('a source flows as soon as a change is stored, and is never idle beside a change of a moment ago', async () => {
  await using shop = await openShop(await sharedPostgresql())
  configure(shop)
  const first = await start(shop)
  {
    await using _running = first.running
    await waitFor({ until: 'it streams' }, () => isReady(first.url))
    await shop.sql("INSERT INTO orders VALUES (1, 'tea', 1)")
    const stored = await waitFor({ until: 'the change is stored' }, async () => {
      const answer = await reported(first.url)
      return answer.lastChangeAt === null ? null : answer
    })
    expect(stored).toMatchObject({ verdict: 'flowing', why: expect.stringMatching(/^a change was stored/u) })
    first.running.kill('SIGTERM')
    await first.running.ended
  }
  const second = await start(shop)
  await using _running = second.running
  await waitFor({ until: 'it streams again' }, () => isReady(second.url))
  const again = await reported(second.url)
  expect(again).toMatchObject({ verdict: 'flowing', why: expect.stringMatching(/^a change was stored/u) })
  expect(again.lastChangeAt).not.toBeNull()
})

test('while the database is away, /readyz and the status say so from the same moment on, and so does the exit code', async () => {
  await using server = await startPostgresql()
  await using shop = await openShop(server)
  configure(shop)
  const { running, url } = await start(shop)
  await using _running = running
  await waitFor({ until: 'it streams and has been judged' }, async () => {
    return (await isReady(url)) && (await reported(url)).verdict === 'idle'
  })
  expect((await runOffbeat(['status'], { cwd: shop.folder.path })).code).toBe(0)
  await server.stop('immediate')
  await waitFor({ until: 'it is not ready', everyMs: 1 }, async () => !(await isReady(url)))
  const away = await reported(url)
  expect(away).toMatchObject({
    verdict: 'stale',
    why: expect.stringMatching(/^the stream has been down for .*DATABASE_/u),
  })
  const { code, stdout } = await runOffbeat(['status'], { cwd: shop.folder.path })
  expect({ code, stdout }).toMatchObject({ code: 1, stdout: expect.stringContaining('the stream has been down for') })
  await server.start()
  await waitFor({ until: 'it streams again' }, () => isReady(url))
  expect((await reported(url)).verdict).toBe('idle')
})
