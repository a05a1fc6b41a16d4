import { describe, expect, test } from 'vitest'
import { expectAllDelivered, readsFromNow, Sightings } from '../../support/audited.ts'
import { startOffbeat } from '../../support/child.ts'
import { soaking } from '../../support/environment.ts'
import { proven } from '../../support/fault.ts'
import { runOffbeat } from '../../support/offbeat.ts'
import { SteadyWriters } from '../../support/steady-writers.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { waitFor } from '../../support/wait-for.ts'
import { type FaultStage, seedsOf } from './stage.ts'

const STOPS = soaking ? 200 : 1
/** What is compared after each round grows with the whole run. */
const RESTING = soaking ? { restMs: 300 } : {}
/** A flood of keepalives and answers would be megabytes. */
const FLOOD_BYTES = 100_000

/** The server ends under us. `isNewest`: also the tests that are the same in every version. */
export function serverFaults(stage: FaultStage, { isNewest }: { readonly isNewest: boolean }): void {
  const seeds = seedsOf(stage)
  describe.skipIf(stage.missing !== null)(stage.name, () => {
    test.for(seeds)(
      'promise 2: the server killed and restarted in every way under steady writes (seed %i): it is reconnected to, and nothing is lost',
      async (seed, context) => {
        await using server = await stage.openServer()
        await using proxy = await startTcpProxy(server.server)
        // No beat comes within the test: what lets the server end is the answer to its question.
        server.configure({ port: proxy.port, interval: '10m' })
        await using running = startOffbeat(['run'], { cwd: server.folder.path })
        await readsFromNow(server)
        const sightings = new Sightings(server)
        const harms = Object.entries(server.harms)
        const repeats = Math.ceil(STOPS / seeds.length / harms.length)
        {
          await using writers = new SteadyWriters(server, { seed, ...RESTING })
          for (const [name, harm] of Array.from({ length: repeats }, () => harms).flat()) {
            await writers.more(20)
            const passed = proxy.passed()
            await harm()
            expect(proxy.passed().up - passed.up, name).toBeLessThan(FLOOD_BYTES)
            await server.start()
            sightings.see()
            await sightings.more(`changes come again after ${name}`)
          }
        }
        expect(running.stderr()).toMatch(/"code":"DATABASE_(STOPPING|CONNECTION_LOST)"/u)
        const committed = await server.committed()
        await waitFor({ until: 'all is delivered' }, () => sightings.see() >= committed.length)
        await expectAllDelivered(server, sightings)
        // This adds no row. A server that shuts down can wait until its reader has acknowledged it.
        await server.commitNothing()
        await server.stop()
        running.kill('SIGTERM')
        expect(await running.ended).toMatchObject({ code: 0 })
        await server.start()
        proven(context, {
          fault: 'the server killed (kill -9) and restarted in every way, under load',
          verdict: null,
          result: 'nothing lost, nothing twice; a shutdown does not wait for us',
        })
      },
    )

    test.runIf(isNewest)(
      'a server that is away is reported, and its return makes everything well by itself',
      async (context) => {
        await using server = await stage.openServer()
        await using running = startOffbeat(['run'], { cwd: server.folder.path })
        await readsFromNow(server)
        await server.stop()
        await running.output(/"verdict":"blind"/u)
        expect(running.stderr()).toContain('DATABASE_UNREACHABLE')
        const away = await runOffbeat(['status', '--json'], { cwd: server.folder.path })
        expect(away.code).toBe(1)
        expect(JSON.parse(away.stdout)).toMatchObject({ sources: [{ verdict: 'blind' }] })
        await server.start()
        await server.insert('back')
        await running.output(/"verdict":"(flowing|idle)","from":"(blind|stale)"/u)
        await waitFor({ until: 'the row is there' }, () => server.delivered().length === 1)
        await expectAllDelivered(server)
        proven(context, {
          fault: 'the server is down for a while',
          verdict: 'blind',
          result: 'reported immediately; continues when the server is back',
        })
      },
    )
  })
}
