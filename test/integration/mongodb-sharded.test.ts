import { expect, test } from 'vitest'
import { systemClock } from '../../src/cli/program/system-clock.ts'
import type { MongodbConfig } from '../../src/sources/mongodb/config.ts'
import { MONGODB } from '../../src/sources/mongodb/definition.ts'
import { InsertedItems } from '../support/inserted-items.ts'
import { type FakeMongodb, fakeMongodb } from '../support/mongodb-fake/fake-mongodb.ts'
import { reply } from '../support/mongodb-fake/fault.ts'
import { openStore } from '../support/open-store.ts'
import { RunningConnector } from '../support/running-connector.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

/* The connector on a sharded cluster that follows the documentation, and on a set whose id is not seen. */

const HEARTBEAT = { interval: '200ms', source: { mode: 'table' } }

function configOf(fake: FakeMongodb, heartbeat: Readonly<Record<string, unknown>> = HEARTBEAT): MongodbConfig {
  const about = { tls: { mode: 'disable' }, tables: ['shop.item'], heartbeat }
  return MONGODB.config.parse({ kind: 'mongodb', url: fake.url(), ...about })
}

/** Each shard writes a no-op from time to time. */
function noops(fake: FakeMongodb): Disposable {
  const timer = setInterval(() => fake.noop(), 20)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

test('promise 2: routers that go away in turn: nothing is lost and nothing twice', async () => {
  using folder = temporaryFolder()
  await using fake = await fakeMongodb({ shape: 'mongos', nodes: 3, shards: 2 })
  fake.shards.place = () => 0
  const path = folder.file('offbeat.db')
  await using store = await openStore(path)
  await using connector = new RunningConnector({ definition: MONGODB, config: configOf(fake) }, store, systemClock)
  await connector.untilFirstOffset()
  const items = new InsertedItems(fake, path)
  // The other shard reaches the document and nothing later, so the stored offset is the one after that document.
  const insert = async () => {
    const delivered = items.insert()
    fake.noop(1)
    await delivered
  }
  await insert()
  const gone = new Set<number>()
  while (gone.size < 2) {
    const used = fake.received.findLast(({ name }) => name === 'getMore')?.node ?? expect.fail('nothing is read')
    gone.add(used)
    await fake.stop(used)
    await insert()
    await insert()
  }
  expect(items.delivered).toEqual(items.ids)
  const last = fake.received.findLast(({ name }) => name === 'getMore')?.node ?? -1
  expect(gone.has(last)).toBe(false)
})

test('promise 11: a shard that writes nothing makes the source stale, and is named, until it writes again', async () => {
  using folder = temporaryFolder()
  await using fake = await fakeMongodb({ shape: 'mongos', shards: 2 })
  fake.shards.place = () => 0
  await using store = await openStore(folder.file('offbeat.db'))
  const connector = new RunningConnector({ definition: MONGODB, config: configOf(fake) }, store, systemClock)
  await using _ = connector
  fake.noop()
  await connector.untilFirstOffset()
  const why = async () => {
    const stored = await store.journal.history.status('shop')
    return `${stored?.status.verdict}: ${stored?.status.why}`
  }
  fake.oplog.advance(60)
  await waitFor({ until: 'the shard is named' }, async () =>
    (await why()).match(/^stale: .*the stream is held up by shard shard01/),
  )
  {
    using _noops = noops(fake)
    await waitFor({ until: 'it goes on' }, async () => !(await why()).startsWith('stale'))
  }
})

test('that the id of a set is not seen is reported once in a run, whatever its reconnects', async () => {
  using folder = temporaryFolder()
  await using fake = await fakeMongodb()
  const denied = { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized' }
  fake.answer('replSetGetConfig', denied)
  fake.answer('find', ({ find }) => (find === 'system.replset' ? denied : null))
  await using store = await openStore(folder.file('offbeat.db'))
  const config = configOf(fake, { interval: '200ms', source: 'off' })
  await using connector = new RunningConnector({ definition: MONGODB, config }, store, systemClock)
  await connector.untilFirstOffset()
  const opened = () => fake.received.filter(({ name }) => name === 'getMore').length
  for (let i = 0; i < 3; i++) {
    const before = opened()
    fake.onNext('getMore', reply.error(43))
    await waitFor({ until: 'the stream is open again' }, () => fake.pendingFaults === 0 && opened() > before + 2)
  }
  const said = connector.said.filter(({ fields }) => fields['code'] === 'MONGODB_SET_UNVERIFIED')
  expect(said).toHaveLength(1)
})
