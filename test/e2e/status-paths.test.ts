import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { expect, test } from 'vitest'
import { commandList } from '../../src/cli/program/command-list.ts'
import { runProgram } from '../../src/cli/program/program.ts'
import { type Child, startOffbeat } from '../support/child.ts'
import { ask } from '../support/http-board.ts'
import { sharedPostgresql, startPostgresql } from '../support/postgresql.ts'
import { recordingContext } from '../support/recording-context.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { waitFor } from '../support/wait-for.ts'

function configure(shop: Shop, more: Readonly<Record<string, unknown>> = {}): void {
  const entry = { kind: 'postgresql', url: shop.url, slot: shop.slot, heartbeat: { interval: '10m' } }
  const sources = { shop: entry, ...more }
  const server = { listen: '127.0.0.1:0' }
  writeFileSync(shop.folder.file('offbeat.yaml'), JSON.stringify({ sources, sink: { kind: 'sqlite' }, server }))
}

async function start(shop: Shop): Promise<{ readonly running: Child; readonly url: string }> {
  const running = startOffbeat(['run'], { cwd: shop.folder.path })
  const [, url = ''] = await running.output(/answers over HTTP at (http:[^",]+)/u)
  return { running, url }
}

/** In this process, which is quicker than a process each. Lines as one, since they are wrapped for a terminal. */
async function offbeat(shop: Shop, ...args: readonly string[]) {
  const context = recordingContext({ workingDirectory: shop.folder.path })
  const code = await runProgram(commandList, args, context, '0.0.0')
  return { code, text: `${context.stdout.text}${context.stderr.text}`.replaceAll(/\s+/gu, ' ') }
}

/** What `status --watch` prints first, and the code that it ends with. */
async function watched(shop: Shop) {
  const stop = new AbortController()
  const context = recordingContext({ workingDirectory: shop.folder.path, signal: stop.signal })
  const ended = runProgram(commandList, ['status', '--watch', '--every', '1m'], context, '0.0.0')
  await waitFor({ until: 'it has printed a line' }, () => context.stdout.text.includes('\n'))
  stop.abort()
  return { code: await ended, text: context.stdout.text }
}

async function metric(url: string, name: string): Promise<string> {
  const { body } = await ask(`${url}/metrics`)
  return new RegExp(`^${name}\\{source="shop",\\w+="([^"]+)"\\} 1$`, 'mu').exec(body)?.[1] ?? 'none'
}

/** What a new listener is given of the source. */
function firstEvents(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/api/events`, { agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
        if (!/event: status\ndata: .*\n\n/u.test(text)) return
        sent.destroy()
        resolve(text)
      })
    })
    sent.on('error', reject)
    sent.end()
  })
}

test('after kill -9 every command says that the connector is stopped, and since when', async () => {
  await using shop = await openShop(await sharedPostgresql())
  configure(shop)
  {
    const { running, url } = await start(shop)
    await using _running = running
    await waitFor({ until: 'it streams' }, async () => (await ask(`${url}/readyz`)).status === 200)
    await shop.sql("INSERT INTO orders VALUES (1, 'tea', 1)")
    await waitFor({ until: 'it flows' }, async () => (await metric(url, 'offbeat_verdict')) === 'flowing')
    const plan = await offbeat(shop, 'plan', 'shop', '--pause', '1m')
    expect(plan.text).toContain(`connector running in process ${running.pid}`)
    running.kill('SIGKILL')
    await running.ended
  }
  await shop.sql("INSERT INTO orders VALUES (2, 'tea', 1)")
  const stopped = /stopped: no process runs the connector \(it last reported .* ago\)/u
  expect(await watched(shop)).toMatchObject({ code: 1, text: expect.stringMatching(stopped) })
  expect(await offbeat(shop, 'status')).toMatchObject({
    code: 1,
    text: expect.stringMatching(/^shop stopped why no process runs the connector .* can stay stopped/u),
  })
  expect((await offbeat(shop, 'plan', 'shop', '--pause', '1m')).text).toMatch(stopped)
  expect((await offbeat(shop, 'history', 'shop')).text).toMatch(stopped)
  const { connector } = JSON.parse((await offbeat(shop, 'plan', 'shop', '--pause', '1m', '--json')).text)
  expect(connector).toMatchObject({ running: false, pid: null, since: null, reportedAt: expect.any(String) })
  expect((await offbeat(shop, 'doctor')).text).toMatch(/skip the connector .* stopped: it last reported .* ago/u)
  expect(await offbeat(shop, 'health', '--ready')).toMatchObject({
    code: 4,
    text: expect.stringContaining('no process runs the connectors of'),
  })
})

test('a connector that failed while the process goes on is stopped in every answer of the process', async () => {
  await using other = await openShop(await sharedPostgresql())
  await using shop = await openShop(other.server)
  configure(shop, { other: { kind: 'postgresql', url: other.url, slot: other.slot } })
  await shop.sql('DROP PUBLICATION streamkap_pub')
  const { running, url } = await start(shop)
  await using _running = running
  await waitFor({ until: 'it has failed' }, async () => (await metric(url, 'offbeat_connector_state')) === 'failed')
  await waitFor({ until: 'it is stopped' }, async () => (await metric(url, 'offbeat_verdict')) === 'stopped')
  const why = 'the connector has failed with POSTGRES_PUBLICATION_MISSING'
  const { sources } = JSON.parse((await ask(`${url}/api/status`)).body)
  expect(sources[0]).toMatchObject({ verdict: 'stopped', why: expect.stringContaining(why) })
  expect(await firstEvents(url)).toContain(`"verdict":"stopped","why":"${why}`)
  const ready = await ask(`${url}/readyz`)
  expect({ status: ready.status, ...JSON.parse(ready.body) }).toMatchObject({
    status: 503,
    sources: expect.arrayContaining([
      expect.objectContaining({ name: 'shop', state: 'failed', code: 'POSTGRES_PUBLICATION_MISSING' }),
    ]),
  })
  expect((await offbeat(shop, 'health', '--ready')).code).toBe(1)
  expect(await offbeat(shop, 'status', 'shop')).toMatchObject({ code: 1, text: expect.stringContaining(why) })
  const history = await offbeat(shop, 'history', 'shop')
  expect(history.text).toContain(`stopped: process ${running.pid} does not run the connector any more (${why}`)
})

test('while the database is down every path says so, from the first moment on', async () => {
  await using server = await startPostgresql()
  await using shop = await openShop(server)
  configure(shop)
  const { running, url } = await start(shop)
  await using _running = running
  await waitFor({ until: 'it is idle' }, async () => (await metric(url, 'offbeat_verdict')) === 'idle')
  await server.stop('immediate')
  await waitFor({ until: 'it is stale' }, async () => (await metric(url, 'offbeat_verdict')) === 'stale')
  const down = /the stream has been down for .*DATABASE_/u
  expect(await metric(url, 'offbeat_connector_state')).toBe('retrying')
  expect(await firstEvents(url)).toMatch(/"verdict":"stale","why":"the stream has been down for/u)
  expect(await watched(shop)).toMatchObject({ code: 1, text: expect.stringMatching(down) })
  expect(await offbeat(shop, 'status')).toMatchObject({ code: 1, text: expect.stringMatching(down) })
  expect((await offbeat(shop, 'history', 'shop')).text).toMatch(/-> stale: the stream has been down/u)
  expect(await offbeat(shop, 'health', '--ready')).toMatchObject({
    code: 1,
    text: expect.stringMatching(/503 .*DATABASE_(?:CONNECTION_LOST|UNREACHABLE)/u),
  })
  expect((await offbeat(shop, 'doctor')).code).toBe(4)
  expect(await offbeat(shop, 'plan', 'shop', '--pause', '1m')).toMatchObject({
    code: 4,
    text: expect.stringContaining('the database could not be inspected'),
  })
  await server.start()
})
