import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { expectAllDelivered, readsFromNow, Sightings } from '../../support/audited.ts'
import { type Child, startOffbeat } from '../../support/child.ts'
import { rounds, soaking } from '../../support/environment.ts'
import { proven } from '../../support/fault.ts'
import { runOffbeat } from '../../support/offbeat.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { SteadyWriters } from '../../support/steady-writers.ts'
import { letPass, waitFor } from '../../support/wait-for.ts'
import type { FaultStage, FaultyDatabase } from './stage.ts'

const KILLS = rounds({ usual: 3, all: 5, soak: 200 })
/** What is compared after each kill grows with the whole run. */
const RESTING = soaking ? { restMs: 300 } : {}

function start({ folder }: FaultyDatabase): Child {
  return startOffbeat(['run'], { cwd: folder.path })
}

async function killed(child: Child): Promise<void> {
  child.kill('SIGKILL')
  expect(await child.ended).toMatchObject({ signal: 'SIGKILL' })
}

async function catchUp({ folder }: FaultyDatabase): Promise<void> {
  const { code, stderr } = await runOffbeat(['run', '--until', 'head'], { cwd: folder.path })
  expect(code, stderr).toBe(0)
}

/** Rows that are in the store and not visible: the beginning of a transaction larger than a batch. */
async function untilHalfATransactionIsTaken({ storePath }: FaultyDatabase): Promise<void> {
  await waitFor({ until: 'part of the transaction is in the store', everyMs: 1 }, () => {
    using db = new DatabaseSync(storePath, { readOnly: true, timeout: 60_000 })
    const unseen = 'SELECT 1 FROM chunk WHERE batch_seq > (SELECT visible_seq FROM source WHERE name = chunk.source)'
    return db.prepare(unseen).get() !== undefined
  })
}

/** kill -9 of our process. `isNewest`: also the tests that are the same in every version. */
export function ourProcessFaults(stage: FaultStage, { isNewest }: { readonly isNewest: boolean }): void {
  describe.skipIf(stage.missing !== null)(`kill -9 of our process, ${stage.name}`, () => {
    test.runIf(isNewest)(
      'promise 3: in the middle of a transaction larger than a batch: none of it is seen, then all of it once',
      async (context) => {
        await using audited = await stage.open()
        await using running = start(audited)
        await readsFromNow(audited)
        await audited.insert('before')
        await waitFor({ until: 'the first row is there' }, () => audited.delivered().length === 1)
        // It can be read faster than the statement returns.
        const inserted = audited.insertMany(30_000, 300)
        await Promise.all([inserted, untilHalfATransactionIsTaken(audited).then(() => killed(running))])
        const sightings = new Sightings(audited)
        expect(sightings.see()).toBe(1)
        await audited.insert('after')
        await catchUp(audited)
        await expectAllDelivered(audited, sightings)
        proven(context, {
          fault: 'Offbeat killed (kill -9) inside a transaction larger than a batch',
          verdict: null,
          result: 'nothing of the transaction is visible; after the restart all of it, once',
        })
      },
    )

    test('promise 2: killed at random moments under steady writes, nothing is lost, nothing twice, no half transaction', async (context) => {
      await using audited = await stage.open()
      const random = seededRandom(stage.seed)
      const sightings = new Sightings(audited)
      await using first = start(audited)
      await readsFromNow(audited)
      {
        await using writers = new SteadyWriters(audited, { seed: stage.seed, ...RESTING })
        await writers.more(10)
        await killed(first)
        for (let kill = 0; kill < KILLS; kill++) {
          sightings.see()
          await using running = start(audited)
          await sightings.more('it delivers again')
          await letPass(random() * 250)
          await killed(running)
        }
      }
      await catchUp(audited)
      await expectAllDelivered(audited, sightings)
      proven(context, {
        fault: 'Offbeat killed (kill -9) at random moments under load',
        verdict: null,
        result: 'nothing lost, nothing twice, never half a transaction',
      })
    })
  })
}
