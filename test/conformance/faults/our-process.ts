import { describe, expect, test } from 'vitest'
import { expectAllDelivered, readsFromNow, Sightings } from '../../support/audited.ts'
import { type Child, startOffbeat } from '../../support/child.ts'
import { rounds, soaking } from '../../support/environment.ts'
import { proven } from '../../support/fault.ts'
import { runOffbeat } from '../../support/offbeat.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { SteadyWriters } from '../../support/steady-writers.ts'
import { letPass } from '../../support/wait-for.ts'
import { type FaultStage, type FaultyDatabase, seedsOf } from './stage.ts'

const KILLS = rounds({ usual: 3, all: 5, soak: 200 })
/** What is compared after each kill grows with the whole run. */
const RESTING = soaking ? { restMs: 300 } : {}

export function start({ folder }: FaultyDatabase): Child {
  return startOffbeat(['run'], { cwd: folder.path })
}

export async function killed(child: Child): Promise<void> {
  child.kill('SIGKILL')
  expect(await child.ended).toMatchObject({ signal: 'SIGKILL' })
}

export async function catchUp({ folder }: FaultyDatabase): Promise<void> {
  const { code, stderr } = await runOffbeat(['run', '--until', 'head'], { cwd: folder.path })
  expect(code, stderr).toBe(0)
}

interface KilledProcess {
  readonly audited: FaultyDatabase
  readonly random: () => number
  readonly sightings: Sightings
}

interface KillFault {
  /** What is killed, in the name of the suite. */
  readonly what: string
  readonly promise: string
  readonly fault: string
  /** Starts the process again and kills it once. */
  kill(at: KilledProcess): Promise<void>
}

/** kill -9 of our process. */
export function ourProcessFaults(stage: FaultStage): void {
  killFaults(stage, {
    what: 'kill -9 of our process',
    promise:
      'promise 2: killed at random moments under steady writes (seed %i), nothing is lost, nothing twice, no half transaction',
    fault: 'Offbeat killed (kill -9) at random moments under load',
    async kill({ audited, random, sightings }) {
      sightings.see()
      await using running = start(audited)
      await sightings.more('it delivers again')
      await letPass(random() * 250)
      await killed(running)
    },
  })
}

/** kill -9 of our process before it delivers: while it connects, checks its offset and opens the stream. */
export function resumingFaults(stage: FaultStage): void {
  killFaults(stage, {
    what: 'kill -9 of our process while it resumes',
    promise: 'promise 2: killed at random moments of its start (seed %i), nothing is lost and nothing twice',
    fault: 'Offbeat killed (kill -9) while it starts and opens its stream',
    async kill({ audited, random, sightings }) {
      const fromMs = performance.now()
      await using running = start(audited)
      await sightings.more('it delivers again')
      const startMs = performance.now() - fromMs
      await killed(running)
      await using starting = start(audited)
      await letPass(random() * startMs)
      await killed(starting)
      sightings.see()
    },
  })
}

function killFaults(stage: FaultStage, { what, promise, fault, kill }: KillFault): void {
  const seeds = seedsOf(stage)
  const kills = KILLS / seeds.length
  describe.skipIf(stage.missing !== null)(`${what}, ${stage.name}`, () => {
    test.for(seeds)(promise, async (seed, context) => {
      await using audited = await stage.open()
      const random = seededRandom(seed)
      const sightings = new Sightings(audited)
      await using first = start(audited)
      await readsFromNow(audited)
      {
        await using writers = new SteadyWriters(audited, { seed, ...RESTING })
        await writers.more(10)
        await killed(first)
        for (let i = 0; i < kills; i++) await kill({ audited, random, sightings })
      }
      await catchUp(audited)
      await expectAllDelivered(audited, sightings)
      proven(context, { fault, verdict: null, result: 'nothing lost, nothing twice, never half a transaction' })
    })
  })
}
