import { expect, test } from 'vitest'
import { type Child, startOffbeat } from '../support/child.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { sharedPostgresql } from '../support/postgresql.ts'
import { openShop, type Shop } from '../support/shop.ts'
import { waitFor } from '../support/wait-for.ts'

function start(shop: Shop, args: readonly string[]): Child {
  return startOffbeat(args, { cwd: shop.folder.path })
}

function offbeat(shop: Shop, ...args: readonly string[]) {
  return runOffbeat(args, { cwd: shop.folder.path })
}

async function untilPulseIsBack(shop: Shop): Promise<void> {
  await waitFor({ until: 'a pulse has come all the way' }, async () => {
    const { stdout } = await offbeat(shop, 'history', 'shop', '--json')
    const history = JSON.parse(stdout) as { pulses: { acknowledgedAt: string | null }[] }
    return history.pulses.some((pulse) => pulse.acknowledgedAt !== null)
  })
}

test('run delivers, status tells, tail prints, beat comes back, and SIGINT stops it cleanly', async () => {
  await using shop = await openShop(await sharedPostgresql())
  await using running = start(shop, ['run'])
  await running.output(/slot .*was created/u)
  expect(running.stderr()).toContain('reads all tables of postgresql')
  expect(running.stderr()).toContain('delivers to')
  expect(running.stderr()).toContain('layer 1: a heartbeat message every 1s')
  expect(running.stderr()).toContain('layer 2: updates streamkap.streamkap_heartbeat every 1s')
  await shop.sql("INSERT INTO orders VALUES (1, 'tea', 9007199254740993)")
  const topic = 'shop.public.orders'
  const tail = await offbeat(shop, 'tail', 'shop', '--topic', topic, '--limit', '1', '--json')
  expect(tail.stdout).toContain('"after":{"id":1,"what":"tea","big":9007199254740993}')
  const beat = await offbeat(shop, 'beat', 'shop', '--wait', '--json')
  expect(beat.code).toBe(0)
  const { hops, broken } = JSON.parse(beat.stdout) as { hops: Record<string, string | null>; broken: unknown }
  expect(broken).toBeNull()
  expect(Object.values(hops)).not.toContain(null)
  await untilPulseIsBack(shop)
  const status = await waitFor({ until: 'status knows of the change' }, async () => {
    const { stdout } = await offbeat(shop, 'status', '--json')
    const parsed = JSON.parse(stdout) as { version: number; sources: { counts: { changes: number } }[] }
    return parsed.sources[0]?.counts.changes === 1 ? parsed : null
  })
  expect(status).toMatchObject({
    version: 1,
    sources: [
      {
        name: 'shop',
        kind: 'postgresql',
        verdict: expect.stringMatching(/^(flowing|idle)$/u),
        offset: { position: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/u) },
        heartbeat: { connector: { intervalMs: 1000 }, source: { mode: 'table', broken: null } },
        runway: { kind: 'unbounded', seconds: null },
      },
    ],
  })
  running.kill('SIGINT')
  expect(await running.ended).toMatchObject({ code: 0, signal: null })
  expect(running.stderr()).toContain('"msg":"stopped"')
})

test('beat --wait in mode message comes back to the running connector, and needs no table', async () => {
  await using shop = await openShop(await sharedPostgresql())
  await shop.sql('DROP SCHEMA streamkap CASCADE')
  shop.configure({ heartbeat: { interval: '10m', source: { mode: 'message' } } })
  await using running = start(shop, ['run'])
  await running.output(/slot .*was created/u)
  const beat = await offbeat(shop, 'beat', 'shop', '--wait', '--json')
  expect(beat, beat.stderr).toMatchObject({ code: 0 })
  const { hops, broken } = JSON.parse(beat.stdout) as { hops: Record<string, string | null>; broken: unknown }
  expect(broken).toBeNull()
  expect(Object.keys(hops)).toEqual(['written', 'seen', 'delivered', 'stored', 'acknowledged'])
  expect(Object.values(hops)).not.toContain(null)
})

test('a second stop is harmless', async () => {
  await using shop = await openShop(await sharedPostgresql())
  await using running = start(shop, ['run'])
  await running.output(/slot .*was created/u)
  running.kill('SIGTERM')
  running.kill('SIGINT')
  expect(await running.ended).toMatchObject({ code: 0, signal: null })
})

test('a second process is refused with the name of the owner, and offsets are not changed under a running connector', async () => {
  await using shop = await openShop(await sharedPostgresql())
  await using running = start(shop, ['run'])
  await running.output(/slot .*was created/u)
  for (const args of [['run'], ['offsets', 'set', 'shop', '0/1', '--yes'], ['offsets', 'reset', 'shop', '--yes']]) {
    const { code, stderr } = await offbeat(shop, ...args)
    expect(code).toBe(2)
    expect(stderr).toContain(`process ${running.pid}`)
    expect(stderr).toContain('STORE_OWNED')
  }
  running.kill('SIGTERM')
  await running.ended
})

test('run --until head reads what is there and ends with 0; --json says where each source ended', async () => {
  await using shop = await openShop(await sharedPostgresql())
  expect(await offbeat(shop, 'run', '--until', 'head', '--quiet')).toMatchObject({ code: 0, stderr: '' })
  await shop.sql("INSERT INTO orders SELECT g, 'x', g FROM generate_series(1, 500) g")
  const { code, stdout, stderr } = await offbeat(shop, 'run', '--until', 'head', '--json')
  expect(code, stderr).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ version: 1, sources: [{ name: 'shop', end: 'head', error: null }] })
  const tail = await offbeat(shop, 'tail', 'shop', '--topic', 'shop.public.orders', '--idle-exit', '100ms', '--json')
  expect(tail.stdout.trimEnd().split('\n')).toHaveLength(500)
})

test('without a connector: status inspects the database itself, beat --wait says at once that nobody sees it', async () => {
  await using shop = await openShop(await sharedPostgresql())
  await offbeat(shop, 'run', '--until', 'head', '--quiet')
  const status = await offbeat(shop, 'status')
  expect(status.stdout).toContain('not running')
  const beat = await offbeat(shop, 'beat', 'shop', '--wait', '--json')
  expect(beat.code).toBe(1)
  expect(JSON.parse(beat.stdout)).toMatchObject({ broken: { hop: 'seen', code: 'PULSE_NOT_SEEN' } })
  expect((await offbeat(shop, 'beat', 'shop')).code).toBe(0)
  const row = await shop.sql('SELECT text FROM streamkap.streamkap_heartbeat')
  expect(row).toEqual([{ text: expect.stringMatching(/^offbeat:shop:/u) }])
})

test('a lost position: status and run end with 3 and print the choices', async () => {
  await using shop = await openShop(await sharedPostgresql())
  await offbeat(shop, 'run', '--until', 'head', '--quiet')
  await shop.server.dropSlots(shop.database)
  const status = await offbeat(shop, 'status')
  expect(status.code).toBe(3)
  expect(status.stdout).toContain('shop  lost')
  expect(status.stdout).toContain('offsets reset shop')
  const run = await offbeat(shop, 'run', '--until', 'head', '--quiet')
  expect(run.code).toBe(3)
  expect(run.stderr).toContain('POSTGRES_SLOT_MISSING')
})

test('promise 4: a slot that is there without an offset of ours is taken over by an explicit act alone', async () => {
  await using shop = await openShop(await sharedPostgresql())
  await shop.sql(`SELECT pg_create_logical_replication_slot('${shop.slot}', 'pgoutput')`)
  await shop.sql("INSERT INTO orders VALUES (7, 'before', 7)")
  const refused = await offbeat(shop, 'run', '--until', 'head', '--quiet')
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('offbeat offsets set shop --from-slot')
  const taken = await offbeat(shop, 'offsets', 'set', 'shop', '--from-slot', '--yes', '--json')
  expect(taken.code).toBe(0)
  expect(JSON.parse(taken.stdout)).toMatchObject({ source: 'shop', offset: { movedBy: 'operator' } })
  expect((await offbeat(shop, 'run', '--until', 'head', '--quiet')).code).toBe(0)
  const tail = await offbeat(shop, 'tail', 'shop', '--topic', 'shop.public.orders', '--limit', '1')
  expect(tail.stdout).toContain('"what":"before"')
  const ledger = await offbeat(shop, 'offsets', 'show', 'shop')
  expect(ledger.stdout).toContain('operator')
})

test('offsets set to a later position reports what that skips, and keeps the identity of the server and the memory', async () => {
  await using shop = await openShop(await sharedPostgresql())
  await shop.sql('ALTER TABLE orders REPLICA IDENTITY FULL')
  await offbeat(shop, 'run', '--until', 'head', '--quiet')
  await shop.sql("INSERT INTO orders VALUES (0, 'first', 1)")
  await offbeat(shop, 'run', '--until', 'head', '--quiet')
  await shop.sql("INSERT INTO orders VALUES (1, 'skipped', 1)")
  const [later] = await shop.sql('SELECT pg_current_wal_lsn()::text AS lsn')
  const set = await offbeat(shop, 'offsets', 'set', 'shop', String(later?.['lsn']), '--yes', '--json')
  expect(set.code).toBe(0)
  expect(set.stderr).toContain('NEVER delivered')
  expect(JSON.parse(set.stdout)).toMatchObject({
    offset: {
      position: later?.['lsn'],
      server: { systemIdentifier: expect.any(String) },
      memory: { version: 1, keys: expect.anything() },
    },
  })
  await shop.sql("INSERT INTO orders VALUES (2, 'delivered', 2)")
  expect((await offbeat(shop, 'run', '--until', 'head', '--quiet')).code).toBe(0)
  const tail = await offbeat(shop, 'tail', 'shop', '--topic', 'shop.public.orders', '--idle-exit', '100ms')
  expect(tail.stdout).toContain('"what":"delivered"')
  expect(tail.stdout).not.toContain('"what":"skipped"')
})

test('status --watch --json prints one document an interval until it is stopped', async () => {
  await using shop = await openShop(await sharedPostgresql())
  await using watching = start(shop, ['status', '--watch', '--every', '200ms', '--json'])
  await waitFor({ until: 'two documents are there' }, () => watching.stdout().split('\n').length > 2)
  watching.kill('SIGINT')
  expect((await watching.ended).signal).toBeNull()
  const documents = watching.stdout().trimEnd().split('\n')
  for (const document of documents)
    expect(JSON.parse(document)).toMatchObject({ version: 1, sources: [{ name: 'shop' }] })
})

test('the sink stdout has the messages alone on standard output', async () => {
  await using shop = await openShop(await sharedPostgresql())
  shop.configure({}, { kind: 'stdout', offsets: 'offsets.db' })
  await offbeat(shop, 'run', '--until', 'head')
  await shop.sql("INSERT INTO orders VALUES (1, 'tea', 1)")
  const { code, stdout } = await offbeat(shop, 'run', '--until', 'head', '--json')
  expect(code).toBe(0)
  const messages = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { topic: string })
  expect(messages.map(({ topic }) => topic)).toContain('shop.public.orders')
  const tail = await offbeat(shop, 'tail', 'shop')
  expect(tail.code).toBe(2)
  expect(tail.stderr).toContain('keeps no messages')
})
