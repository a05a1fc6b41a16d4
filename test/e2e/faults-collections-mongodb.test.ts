import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { readsFromNow } from '../support/audited.ts'
import { startOffbeat } from '../support/child.ts'
import { deliveredKeys } from '../support/delivered-keys.ts'
import { rounds, thorough } from '../support/environment.ts'
import { proven } from '../support/fault.ts'
import { runToHead } from '../support/lost-position.ts'
import { mongodbMissing } from '../support/mongodb.ts'
import {
  HARMS,
  type Harm,
  type Orders,
  ordersOnFake,
  ordersOnServer,
  SCOPES,
  type Scope,
} from '../support/mongodb-orders.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { letPass, waitFor } from '../support/wait-for.ts'

const KILLS = rounds({ usual: 3, all: 6, soak: 100 })

const KILLED_AT_THE_END = {
  fault: 'Offbeat killed (kill -9) when a drop or rename has invalidated the stream',
  verdict: null,
  result: 'reading continues after it; nothing lost, nothing twice',
}

interface Case {
  readonly scope: Scope
  readonly harm: Harm
}

interface Place {
  readonly where: string
  readonly missing: string | null
  readonly open: (scope: Scope) => Promise<Orders>
  readonly cases: readonly Case[]
}

const ALL_CASES: readonly Case[] = SCOPES.flatMap((scope) => HARMS.map((harm) => ({ scope, harm })))
const FEW_CASES: readonly Case[] = [
  { scope: 'collection', harm: 'drop' },
  { scope: 'database', harm: 'dropDatabase' },
  { scope: 'cluster', harm: 'rename' },
]

const isUsual = ({ scope, harm }: Case) => FEW_CASES.some((each) => each.scope === scope && each.harm === harm)

const PLACES: readonly Place[] = [
  {
    where: 'a server',
    missing: mongodbMissing(),
    open: ordersOnServer,
    cases: thorough ? ALL_CASES : FEW_CASES,
  },
  { where: 'a fake that follows the specification', missing: null, open: ordersOnFake, cases: ALL_CASES },
]

/** Whether the stream ends with the collection, and is opened again with `startAfter`. */
function isInvalidated({ scope, harm }: Case): boolean {
  return scope === 'collection' || (scope === 'database' && harm === 'dropDatabase')
}

for (const { where, missing, open, cases } of PLACES) {
  describe.skipIf(missing !== null)(`the watched collection goes away, on ${where}`, () => {
    test.for(cases)(
      'promise 2: $harm while Offbeat is stopped, after an event of it was the last: a stream over a $scope continues',
      async ({ scope, harm }, context) => {
        await using orders = await open(scope)
        await runToHead(orders)
        const keys = [await orders.insertOrder()]
        await runToHead(orders)
        expect(deliveredKeys(orders)).toEqual(keys)
        await orders[harm]()
        for (let start = 0; start < 2; start++) {
          keys.push(await orders.insertOrder())
          await runToHead(orders)
          expect(deliveredKeys(orders)).toEqual(keys)
        }
        proven(context, {
          fault: 'the collection of the last event, or its database, goes away while Offbeat is stopped',
          verdict: null,
          result: 'reading continues; nothing lost, nothing twice',
        })
      },
    )

    test.for(cases.filter(isInvalidated).filter((each) => thorough || isUsual(each)))(
      'promise 2: $harm ends the stream over a $scope, and Offbeat is killed (kill -9) before and after it continues',
      async ({ scope, harm }, context) => {
        await using orders = await open(scope)
        // A fault of the server, which no client can get past: the code is that of a missing privilege. The fake and mongod run the case.
        if (orders.refused?.harm === harm) context.skip(orders.refused.reason)
        const random = seededRandom(24)
        const keys: string[] = []
        for (let kill = 0; kill < KILLS; kill++) {
          await using running = startOffbeat(['run'], { cwd: orders.folder.path })
          await readsFromNow({ storePath: orders.folder.file('offbeat.db') })
          keys.push(await orders.insertOrder())
          const failed = running.ended.then(({ signal, stderr }) => expect(signal, stderr).toBe('SIGKILL'))
          const delivered = () => deliveredKeys(orders).length === keys.length
          await Promise.race([waitFor({ until: 'the order is delivered' }, delivered), failed])
          await orders[harm]()
          // With an order behind it, or as the last event, whose offset only `startAfter` can continue from.
          if (kill % 3 !== 0) keys.push(await orders.insertOrder())
          if (kill % 3 !== 1) await running.output(/MONGODB_STREAM_INVALIDATED/u)
          if (kill % 3 !== 2) await letPass(random() * 250)
          running.kill('SIGKILL')
          await failed
        }
        await runToHead(orders)
        expect(deliveredKeys(orders)).toEqual(keys)
        proven(context, KILLED_AT_THE_END)
      },
    )
  })
}

test.for(HARMS)(
  'promise 2: %s ends the stream, and Offbeat is killed (kill -9) when only `startAfter` continues from its stored offset',
  async (harm, context) => {
    // Nothing else writes there, so the offset stays at the end of that stream.
    await using orders = await ordersOnFake('collection')
    const keys: string[] = []
    {
      await using running = startOffbeat(['run'], { cwd: orders.folder.path })
      const storePath = orders.folder.file('offbeat.db')
      await readsFromNow({ storePath })
      keys.push(await orders.insertOrder())
      await waitFor({ until: 'the order is delivered' }, () => deliveredKeys(orders).length === keys.length)
      await orders[harm]()
      await waitFor({ until: 'the end of the stream is stored' }, () => storedMemory(storePath).includes('startAfter'))
      running.kill('SIGKILL')
      expect(await running.ended).toMatchObject({ signal: 'SIGKILL' })
    }
    keys.push(await orders.insertOrder())
    await runToHead(orders)
    expect(deliveredKeys(orders)).toEqual(keys)
    proven(context, KILLED_AT_THE_END)
  },
)

/** Of the stored offset, as JSON. */
function storedMemory(storePath: string): string {
  using db = new DatabaseSync(storePath, { readOnly: true, timeout: 60_000 })
  const [row] = db.prepare('SELECT memory FROM source').all()
  return String(row?.['memory'] ?? '')
}
