import { describe, expect, test } from 'vitest'
import { type AuditedShop, expectAllDelivered, openAuditedShop } from '../support/audited-shop.ts'
import { startOffbeat } from '../support/child.ts'
import { soaking } from '../support/environment.ts'
import { proven } from '../support/fault.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { postgresqlMissing, sharedPostgresql } from '../support/postgresql.ts'
import { versionsOf } from '../support/postgresql-versions.ts'
import { SteadyWriters } from '../support/steady-writers.ts'
import { type Fault, seededFaults, startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { waitFor } from '../support/wait-for.ts'

const FAULTS = soaking ? 25 : 12
const SEEDS = { 18: 11, 14: 12 } as const

function through(proxy: TcpProxy, audited: AuditedShop): void {
  const url = new URL(audited.shop.url)
  url.port = String(proxy.port)
  audited.shop.configure({ url: url.href, heartbeat: { interval: '500ms' } })
}

/** We say a tenth of what the server says, so what happens on our way to it lies closer together. */
function faultsFrom(seed: number, count: number): readonly Fault[] {
  return seededFaults(seed, count, 24_000 * count).map((fault) =>
    fault.direction === 'up' ? { ...fault, at: Math.floor(fault.at / 10) } : fault,
  )
}

describe.skipIf(postgresqlMissing(14) !== null)('a bad network', () => {
  test.for(versionsOf([18, 14]).map((version) => [FAULTS, version, SEEDS[version]] as const))(
    'promise 2: cut, delayed and split at %d seeded offsets (PostgreSQL %d, seed %d), nothing is lost and nothing twice',
    async ([count, version, seed], context) => {
      await using audited = await openAuditedShop(await sharedPostgresql(version))
      await using proxy = await startTcpProxy(audited.shop.server, faultsFrom(seed, count))
      // A cut within the creation of the slot would leave one that nobody knows to be ours.
      const cwd = audited.shop.folder.path
      expect(await runOffbeat(['run', '--until', 'head'], { cwd })).toMatchObject({ code: 0 })
      through(proxy, audited)
      await using _running = startOffbeat(['run'], { cwd })
      const seen: (readonly string[])[] = []
      {
        await using _writers = new SteadyWriters(audited, { seed })
        await waitFor({ until: 'every fault has happened', everyMs: 200 }, () => {
          seen.push(audited.delivered())
          return proxy.pending().length === 0
        })
      }
      const committed = await audited.committed()
      await waitFor({ until: 'all is delivered' }, () => audited.delivered().length >= committed.length)
      await expectAllDelivered(audited, seen)
      const cuts = faultsFrom(seed, count).filter(({ does }) => does === 'cut').length
      expect(proxy.connections()).toBeGreaterThan(cuts)
      proven(context, {
        fault: 'connections cut, delayed and split at random positions under load',
        verdict: null,
        result: 'nothing lost, nothing twice',
      })
    },
  )

  test('a network that drops everything is found out by the silence: the verdict is blind, and all comes after it', async (context) => {
    await using audited = await openAuditedShop(await sharedPostgresql())
    await audited.shop.sql(`ALTER DATABASE "${audited.shop.database}" SET wal_sender_timeout = '3s'`)
    await using proxy = await startTcpProxy(audited.shop.server)
    through(proxy, audited)
    await using running = startOffbeat(['run'], { cwd: audited.shop.folder.path })
    await running.output(/slot .*was created/u)
    await audited.shop.sql("INSERT INTO entry (pad) VALUES ('before')")
    await waitFor({ until: 'the row is there' }, () => audited.delivered().length === 1)
    proxy.swallow(true)
    await audited.shop.sql("INSERT INTO entry (pad) VALUES ('swallowed')")
    await running.output(/DATABASE_CONNECTION_LOST.*the server sent nothing for/u)
    await running.output(/"verdict":"blind"/u)
    const { code, stdout } = await runOffbeat(['status', '--json'], { cwd: audited.shop.folder.path })
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      sources: [{ verdict: 'blind', why: expect.stringMatching(/last inspected .*last received/u) }],
    })
    proxy.swallow(false)
    await running.output(/"verdict":"(flowing|idle)","from":"(blind|stale)"/u)
    await waitFor({ until: 'the rest is there' }, () => audited.delivered().length === 2)
    await expectAllDelivered(audited)
    proven(context, {
      fault: 'a network that drops everything',
      verdict: 'blind',
      result: 'detected by the silence; continues when bytes arrive again',
    })
  })
})
