import { describe, test } from 'vitest'
import { clockFaults } from '../conformance/faults/clock.ts'
import { fullDiskFaults } from '../conformance/faults/full-disk.ts'
import { MONGODB_FAULT_STAGE } from '../conformance/faults/mongodb-stage.ts'
import { storeFaults } from '../conformance/faults/store.ts'
import { storeOwnerFaults } from '../conformance/faults/store-owner.ts'
import { expectAllDelivered, readsFromNow } from '../support/audited.ts'
import { startOffbeat } from '../support/child.ts'
import { thorough } from '../support/environment.ts'
import { proven } from '../support/fault.ts'
import { runOffbeat } from '../support/offbeat.ts'
import { SteadyWriters } from '../support/steady-writers.ts'
import { waitFor } from '../support/wait-for.ts'

clockFaults(MONGODB_FAULT_STAGE)
// What these faults meet is the store, as with every kind.
if (thorough) {
  storeFaults(MONGODB_FAULT_STAGE)
  fullDiskFaults(MONGODB_FAULT_STAGE)
  storeOwnerFaults(MONGODB_FAULT_STAGE)
}

describe.skipIf(MONGODB_FAULT_STAGE.missing !== null)('two processes with two stores, MongoDB', () => {
  test('promise 2: each reads all of it, and sees its own heartbeats in the document that both write', async (context) => {
    await using audited = await MONGODB_FAULT_STAGE.open()
    const cwd = audited.folder.path
    const second = audited.withStore('second.db')
    await using one = startOffbeat(['run'], { cwd })
    await readsFromNow(audited)
    audited.configure({ store: 'second.db' })
    await using _two = startOffbeat(['run'], { cwd })
    await readsFromNow(second)
    {
      await using writers = new SteadyWriters(audited, { seed: 34 })
      await writers.more(20)
      one.kill('SIGKILL')
      await one.ended
      await writers.more(20)
    }
    audited.configure({})
    await using _again = startOffbeat(['run'], { cwd })
    const { length } = await audited.committed()
    for (const each of [audited, second]) {
      await waitFor({ until: 'all is delivered' }, () => each.delivered().length >= length)
      await expectAllDelivered(each)
    }
    await waitFor({ until: 'both are well, with heartbeats of their own' }, async () => {
      const states = await Promise.all(
        ['offbeat.db', 'second.db'].map(async (store) => {
          audited.configure({ store })
          const { stdout } = await runOffbeat(['status', '--json'], { cwd })
          const [{ verdict, heartbeat }] = JSON.parse(stdout).sources
          return /^(?:flowing|idle)$/u.test(verdict) && heartbeat.source.seenAt !== null
        }),
      )
      return states.every((isWell) => isWell)
    })
    proven(context, {
      fault: 'two processes with two stores',
      verdict: 'flowing or idle',
      result: 'each store has everything, nothing twice',
    })
  })
})
