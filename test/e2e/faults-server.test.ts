import { describe, expect, test } from 'vitest'
import { expectAllDelivered, openAuditedShop } from '../support/audited-shop.ts'
import { startOffbeat } from '../support/child.ts'
import { soaking } from '../support/environment.ts'
import { proven } from '../support/fault.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { type PostgresServer, postgresqlMissing, startPostgresql } from '../support/postgresql.ts'
import { OLD_AND_NEW } from '../support/postgresql-versions.ts'
import { SteadyWriters } from '../support/steady-writers.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { waitFor } from '../support/wait-for.ts'

/** A shutdown that waits for its reader would last this long, and the test would fail. */
const HELD_UP = { wal_sender_timeout: '1h' }
const ROUNDS = soaking ? 67 : 1
/** What is compared after each round grows with the whole run. */
const RESTING = soaking ? { restMs: 300 } : {}
/** A flood of keepalives and answers would be megabytes. */
const FLOOD_BYTES = 100_000

const HARM: Readonly<Record<string, (server: PostgresServer) => Promise<void>>> = {
  'kill -9': (server) => server.kill(),
  'a fast restart': (server) => server.stop('fast'),
  'an immediate restart': (server) => server.stop('immediate'),
}

describe.skipIf(postgresqlMissing(14) !== null).each(OLD_AND_NEW)('PostgreSQL %d', (version) => {
  test('promise 2: the server killed and restarted in every way under steady writes: it is reconnected to, and nothing is lost', async (context) => {
    await using server = await startPostgresql({ version, settings: HELD_UP })
    await using audited = await openAuditedShop(server)
    await using proxy = await startTcpProxy(server)
    const url = new URL(audited.shop.url)
    url.port = String(proxy.port)
    // No beat comes within the test: what lets the server go is the answer to its question.
    audited.shop.configure({ url: url.href, heartbeat: { interval: '10m' } })
    await using running = startOffbeat(['run'], { cwd: audited.shop.folder.path })
    await running.output(/slot .*was created/u)
    const seen: (readonly string[])[] = []
    {
      await using writers = new SteadyWriters(audited, { seed: version, ...RESTING })
      for (const [name, harm] of Array.from({ length: ROUNDS }, () => Object.entries(HARM)).flat()) {
        await writers.more(20)
        const passed = proxy.passed()
        await harm(server)
        expect(proxy.passed().up - passed.up, name).toBeLessThan(FLOOD_BYTES)
        await server.start()
        const before = audited.delivered()
        seen.push(before)
        await waitFor({ until: `changes come again after ${name}` }, () => audited.delivered().length > before.length)
      }
    }
    expect(running.stderr()).toMatch(/"code":"DATABASE_(STOPPING|CONNECTION_LOST)"/u)
    const committed = await audited.committed()
    await waitFor({ until: 'all is delivered' }, () => audited.delivered().length >= committed.length)
    await expectAllDelivered(audited, seen)
    // No row comes from this, but the server waits until we confirm that it has been read.
    await audited.shop.sql('CREATE TABLE nothing_in_it ()')
    await server.stop('fast')
    running.kill('SIGTERM')
    expect(await running.ended).toMatchObject({ code: 0 })
    await server.start()
    proven(context, {
      fault: 'the server killed (kill -9), restarted fast, restarted immediately, under load',
      verdict: null,
      result: 'nothing lost, nothing twice; a fast shutdown does not wait for us',
    })
  })

  test.runIf(version === 18)(
    'a server that is away is said, and its return makes all well again by itself',
    async (context) => {
      await using server = await startPostgresql({ version })
      await using audited = await openAuditedShop(server)
      await using running = startOffbeat(['run'], { cwd: audited.shop.folder.path })
      await running.output(/slot .*was created/u)
      await server.stop('fast')
      await running.output(/"verdict":"blind"/u)
      expect(running.stderr()).toContain('DATABASE_UNREACHABLE')
      const away = await runOffbeat(['status', '--json'], { cwd: audited.shop.folder.path })
      expect(away.code).toBe(1)
      expect(JSON.parse(away.stdout)).toMatchObject({ sources: [{ verdict: 'blind' }] })
      await server.start()
      await audited.shop.sql("INSERT INTO entry (pad) VALUES ('back')")
      await running.output(/"verdict":"(flowing|idle)","from":"(blind|stale)"/u)
      await waitFor({ until: 'the row is there' }, () => audited.delivered().length === 1)
      await expectAllDelivered(audited)
      proven(context, {
        fault: 'the server is down for a while',
        verdict: 'blind',
        result: 'reported immediately; continues when the server is back',
      })
    },
  )
})
