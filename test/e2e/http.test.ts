import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { expect, test } from 'vitest'
import { type Child, startOffbeat } from '../support/child.ts'
import { ask } from '../support/http-board.ts'
import { lintMetrics } from '../support/metrics-lint.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { expectNothingPlanted, PLANTED_NUMBER, PLANTED_PASSWORD, PLANTED_ROW } from '../support/planted.ts'
import { sharedPostgresql } from '../support/postgresql.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { letPass, waitFor } from '../support/wait-for.ts'

const TOKEN = 'Pl4nted-token-of-the-api'

interface Served {
  readonly sources?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly server?: unknown
}

/** `offbeat.yaml` with the shop, what is said over it, and HTTP on a free port. */
function configure(shop: Shop, about: Served = {}): void {
  const { sources = {} } = about
  const server = 'server' in about ? about.server : { listen: '127.0.0.1:0' }
  const entry = { kind: 'postgresql', url: shop.url, slot: shop.slot, heartbeat: { interval: '1s' } }
  const all = Object.fromEntries(
    Object.entries({ shop: {}, ...sources }).map(([name, own]) => [name, { ...entry, ...own }]),
  )
  writeFileSync(shop.folder.file('offbeat.yaml'), JSON.stringify({ sources: all, server, sink: { kind: 'sqlite' } }))
}

async function urlOf(running: Child): Promise<string> {
  return (await running.output(/answers over HTTP at (http:[^",]+)/u))[1] ?? ''
}

const start = (shop: Shop, ...args: string[]) => startOffbeat(['run', ...args], { cwd: shop.folder.path })
const offbeat = (shop: Shop, ...args: string[]) => runOffbeat(args, { cwd: shop.folder.path })

test('a source that stops for good is named by /readyz while the others go on, and the run ends with its code', async () => {
  await using shop = await openShop(await sharedPostgresql())
  configure(shop, {
    sources: { wrong: { publication: 'nowhere', slot: `${shop.slot}_wrong` }, left: { slot: 'left_out' } },
  })
  await using running = start(shop, '--sources', 'shop,wrong')
  const url = await urlOf(running)
  const ready = await waitFor({ until: 'one streams and one has stopped' }, async () => {
    const { status, body } = await ask(`${url}/readyz`)
    const document = JSON.parse(body) as { sources: { name: string; state: string }[] }
    return document.sources.length === 1 && document.sources[0]?.state === 'failed' ? { status, document } : null
  })
  expect(ready).toMatchObject({
    status: 503,
    document: { ready: false, sources: [{ name: 'wrong', code: 'POSTGRES_PUBLICATION_MISSING' }] },
  })
  expect((await offbeat(shop, 'health')).code).toBe(0)
  const notReady = await offbeat(shop, 'health', '--ready')
  expect(notReady).toMatchObject({ code: 1, stdout: expect.stringContaining('wrong') })
  await shop.sql("INSERT INTO orders VALUES (1, 'tea', 1)")
  await waitFor({ until: 'the other goes on' }, async () => {
    const { body } = await ask(`${url}/metrics`)
    return (
      body.includes('offbeat_changes_total{source="shop"} 1\n') &&
      body.includes('offbeat_pulse_round_trip_seconds_count{source="shop"}')
    )
  })
  expect(lintMetrics((await ask(`${url}/metrics`)).body, 'offbeat_')).toEqual([])
  const stream = ask(`${url}/api/events`)
  running.kill('SIGTERM')
  const { code, signal } = await running.ended
  expect({ code, signal }).toEqual({ code: 2, signal: null })
  expect(
    await stream.then(
      ({ body }) => body,
      () => 'ended',
    ),
  ).toBeTruthy()
  expect((await offbeat(shop, 'health')).code).toBe(4)
})

test('status is what the running process answers, and what it left in the store where it does not', async () => {
  await using shop = await openShop(await sharedPostgresql())
  configure(shop)
  await using running = start(shop)
  const url = await urlOf(running)
  const api = await waitFor({ until: 'the connector has judged' }, async () => {
    const document = JSON.parse((await ask(`${url}/api/status`)).body) as { starting: string[]; sources: object[] }
    return document.starting.length === 0 ? document : null
  })
  const status = await waitFor({ until: 'status calls it idle or flowing' }, async () => {
    const document = JSON.parse((await offbeat(shop, 'status', '--json')).stdout) as { sources: { verdict: string }[] }
    return document.sources.every(({ verdict }) => /idle|flowing/u.test(verdict)) ? document : null
  })
  expect(new Set(Object.keys(status.sources[0] ?? {}))).toEqual(new Set(Object.keys(api.sources[0] ?? {})))
  expect(status.sources[0]).toMatchObject({ name: 'shop' })
  const one = await waitFor({ until: 'the verdict is in the history' }, async () => {
    const { body } = await ask(`${url}/api/sources/shop/history?since=5m`)
    const document = JSON.parse(body) as { verdicts: { to: string }[] }
    return document.verdicts.some(({ to }) => to === 'idle') ? document : null
  })
  expect(one).toMatchObject({ version: 1, source: 'shop' })
  const ledger = JSON.parse((await ask(`${url}/api/sources/shop/ledger?limit=1`)).body)
  expect(ledger.ledger).toMatchObject([{ by: expect.any(String), why: expect.any(String) }])
  // A process that hangs has its sockets open and answers nothing.
  running.kill('SIGSTOP')
  const hung = await offbeat(shop, 'status')
  running.kill('SIGCONT')
  expect(hung.stderr).toContain('does not answer')
  expect(hung.stdout).toContain(`running in process ${running.pid}`)
})

test('an address that is in use: the error names the key of the file to change', async () => {
  await using shop = await openShop(await sharedPostgresql())
  await using other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' ? address?.port : 0
  configure(shop, { server: { listen: `127.0.0.1:${port}` } })
  const refused = await offbeat(shop, 'run')
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('SERVER_PORT_TAKEN')
  expect(refused.stderr).toContain('server.listen')
  expect(refused.stderr).toContain(`127.0.0.1:${port}`)
  expect(refused.stderr).not.toContain('slot')
  configure(shop, { server: 'off' })
  await using running = start(shop)
  await running.output(/slot .*was created/u)
  expect(running.stderr()).not.toContain('answers over HTTP')
  const health = await offbeat(shop, 'health')
  expect(health.code).toBe(2)
  expect(health.stderr).toContain('server: off')
  // If both the store is owned and the address is in use, the store is reported.
  configure(shop, { server: { listen: `127.0.0.1:${port}` } })
  expect((await offbeat(shop, 'run')).stderr).toContain('STORE_OWNED')
})

test('if the default address is in use, HTTP is off, and that is reported', async () => {
  await using shop = await openShop(await sharedPostgresql())
  configure(shop, { server: undefined })
  const other = await takeDefaultAddress()
  try {
    await using running = start(shop)
    const [said] = await running.output(/.*SERVER_PORT_TAKEN.*/u)
    expect(said).toContain('server.listen')
    expect(said).toContain('continues without HTTP')
    await running.output(/slot .*was created/u)
  } finally {
    other?.close()
  }
})

/** null: somebody has it and keeps it. The connectors of other tests have it for a while. */
async function takeDefaultAddress(): Promise<Server | null> {
  for (let tries = 0; tries < 300; tries++) {
    const server = createServer()
    const { promise, resolve } = Promise.withResolvers<boolean>()
    server.once('listening', () => resolve(true)).once('error', () => resolve(false))
    server.listen(7070, '127.0.0.1')
    if (await promise) return server
    await letPass(100)
  }
  return null
}

test('promise 12: no endpoint shows the password, the token or a row value, whatever happens', async () => {
  const server = await sharedPostgresql()
  await using shop = await openShop(server)
  const role = `planted_${shop.slot}`.slice(0, 63)
  await shop.sql(`CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD '${PLANTED_PASSWORD.replaceAll("'", "''")}'`)
  const { host, port } = server
  const entry = { url: undefined, host, port, database: shop.database, user: role, password: PLANTED_PASSWORD }
  const none = { ...entry, port: 1, slot: `${shop.slot}_none` }
  configure(shop, { sources: { shop: entry, none }, server: { listen: '127.0.0.1:0', token: TOKEN } })
  try {
    await using running = start(shop, '--log-level', 'debug')
    const url = await urlOf(running)
    expect(running.stderr()).toContain(`at ${url}, with its token; listens on 127.0.0.1"`)
    await running.output(/slot .*was created/u)
    await shop.sql(`INSERT INTO orders VALUES (1, '${PLANTED_ROW}', ${PLANTED_NUMBER})`)
    await shop.sql(`CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      RAISE EXCEPTION 'no: %', '${PLANTED_ROW}' USING ERRCODE = '42501', DETAIL = '${PLANTED_ROW}'; END $$;
      CREATE TRIGGER no BEFORE UPDATE ON streamkap.streamkap_heartbeat FOR EACH ROW EXECUTE FUNCTION no()`)
    const headers = { authorization: `Bearer ${TOKEN}` }
    await waitFor({ until: 'the change is counted, beats fail, and the other is tried again' }, async () => {
      const { body } = await ask(`${url}/metrics`, { headers })
      const counted = body.includes('offbeat_changes_total{source="shop"} 1\n')
      return (
        counted && /offbeat_beat_failures_total\{.*\} \d/u.test(body) && /offbeat_retries_total\{.*\} \d/u.test(body)
      )
    })
    const parts = ['', '/history', '/ledger'].flatMap((part) => [
      `/api/sources/shop${part}`,
      `/api/sources/none${part}`,
    ])
    const paths = [
      '/healthz',
      '/readyz',
      '/metrics',
      '/api/status',
      ...parts,
      `/api/${TOKEN}`,
      `/api/sources/${PLANTED_ROW}`,
    ]
    const shown: string[] = []
    for (const path of paths) {
      const { status, body } = await ask(`${url}${path}`, { headers })
      expect(status, path).not.toBe(401)
      shown.push(body)
      shown.push((await ask(`${url}${path}`, { headers: { authorization: `Bearer ${PLANTED_PASSWORD.length}` } })).body)
    }
    const events = ask(`${url}/api/events`, { headers })
    running.kill('SIGTERM')
    shown.push(
      (await running.ended).stderr,
      await events.then(
        ({ body }) => body,
        () => '',
      ),
    )
    const text = shown.join('\n')
    expect(text).toContain('DATABASE_UNREACHABLE')
    expectNothingPlanted(text, 'the API')
    expect(text).not.toContain(TOKEN)
  } finally {
    await server.dropSlots(shop.database)
    await shop.sql(`DROP ROLE ${role}`)
  }
})
