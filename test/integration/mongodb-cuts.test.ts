import { expect, test } from 'vitest'
import { systemClock } from '../../src/cli/program/system-clock.ts'
import { MONGODB } from '../../src/sources/mongodb/definition.ts'
import { thorough } from '../support/environment.ts'
import { InsertedItems } from '../support/inserted-items.ts'
import { fakeMongodb } from '../support/mongodb-fake/fake-mongodb.ts'
import { reply } from '../support/mongodb-fake/fault.ts'
import { openStore } from '../support/open-store.ts'
import { RunningConnector } from '../support/running-connector.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

test('promise 2: a connection cut before or after each kind of command that is sent: nothing is lost and nothing twice', async () => {
  using folder = temporaryFolder()
  await using fake = await fakeMongodb()
  const config = MONGODB.config.parse({
    kind: 'mongodb',
    url: fake.url(),
    tls: { mode: 'disable' },
    tables: ['shop.item'],
    heartbeat: { interval: '200ms', source: { mode: 'table' } },
  })
  const path = folder.file('offbeat.db')
  await using store = await openStore(path)
  await using connector = new RunningConnector({ definition: MONGODB, config }, store, systemClock)
  await connector.untilFirstOffset()
  const items = new InsertedItems(fake, path)
  await items.insert()
  fake.cut()
  await items.insert()
  const commands = () => ['hello', ...new Set(fake.received.map(({ name }) => name))]
  const known = ['aggregate', 'getMore', 'killCursors', 'update']
  await waitFor({ until: 'each of these was sent' }, () => known.every((name) => commands().includes(name)))
  for (const command of thorough ? commands() : known) {
    for (const when of ['before', 'after'] as const) {
      // Also while it connects again.
      for (let cut = 0; cut < 2; cut++) fake.onNext(command, reply.cut(when))
      await items.insert()
      fake.cut()
      await items.insert()
      await waitFor({ until: `${command} is cut` }, () => {
        if (fake.pendingFaults > 0) fake.cut()
        return fake.pendingFaults === 0
      })
    }
  }
  await items.insert()
  expect(items.delivered).toEqual(items.ids)
})
