import { describe, expect, test } from 'vitest'
import { expectAllDelivered, readsFromNow, Sightings } from '../../support/audited.ts'
import { startOffbeat } from '../../support/child.ts'
import { soaking } from '../../support/environment.ts'
import { proven } from '../../support/fault.ts'
import { runOffbeat } from '../../support/offbeat.ts'
import { SteadyWriters } from '../../support/steady-writers.ts'
import { type Fault, seededFaults, startTcpProxy } from '../../support/tcp-proxy.ts'
import { waitFor } from '../../support/wait-for.ts'
import { type FaultStage, seedsOf } from './stage.ts'

const PLACES = soaking ? 200 : 12

/** We send a tenth of what the server sends, so what happens on our way to it lies closer together. */
function faultsFrom(seed: number, count: number): readonly Fault[] {
  return seededFaults(seed, count, 24_000 * count).map((fault) =>
    fault.direction === 'up' ? { ...fault, at: Math.floor(fault.at / 10) } : fault,
  )
}

/** A bad network between us and the server. `isNewest`: also the tests that are the same in every version. */
export function networkFaults(stage: FaultStage, { isNewest }: { readonly isNewest: boolean }): void {
  const seeds = seedsOf(stage)
  const places = PLACES / seeds.length
  describe.skipIf(stage.missing !== null)(`a bad network, ${stage.name}`, () => {
    test.for(seeds)(
      `promise 2: cut, delayed and split at ${places} seeded places (seed %i), nothing is lost and nothing twice`,
      async (seed, context) => {
        await using audited = await stage.open()
        const faults = faultsFrom(seed, places)
        await using proxy = await startTcpProxy(audited.server, faults)
        // A cut within the first start could leave a position on the server that nobody knows to be ours.
        const cwd = audited.folder.path
        expect(await runOffbeat(['run', '--until', 'head'], { cwd })).toMatchObject({ code: 0 })
        audited.configure({ port: proxy.port })
        await using _running = startOffbeat(['run'], { cwd })
        const sightings = new Sightings(audited)
        {
          await using _writers = new SteadyWriters(audited, { seed })
          await waitFor({ until: 'every fault has happened', everyMs: 200, withinMs: 15_000 * places }, () => {
            sightings.see()
            return proxy.pending().length === 0
          })
        }
        const committed = await audited.committed()
        await waitFor({ until: 'all is delivered' }, () => sightings.see() >= committed.length)
        await expectAllDelivered(audited, sightings)
        expect(proxy.connections()).toBeGreaterThan(faults.filter(({ does }) => does === 'cut').length)
        proven(context, {
          fault: 'connections cut, delayed and split at random positions under load',
          verdict: null,
          result: 'nothing lost, nothing twice',
        })
      },
    )

    test.runIf(isNewest)(
      'a network that drops everything is found out by the silence: the verdict is blind, and all comes after it',
      async (context) => {
        await using audited = await stage.open()
        await audited.shortenTimeouts?.()
        await using proxy = await startTcpProxy(audited.server)
        audited.configure({ port: proxy.port })
        await using running = startOffbeat(['run'], { cwd: audited.folder.path })
        await readsFromNow(audited)
        await audited.insert('before')
        await waitFor({ until: 'the row is there' }, () => audited.delivered().length === 1)
        proxy.swallow(true)
        await audited.insert('swallowed')
        await running.output(/DATABASE_CONNECTION_LOST.*the server sent nothing for/u)
        await running.output(/"verdict":"blind"/u)
        const { code, stdout } = await runOffbeat(['status', '--json'], { cwd: audited.folder.path })
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
      },
    )
  })
}
