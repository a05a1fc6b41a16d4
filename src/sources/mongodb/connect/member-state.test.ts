import { expect, test } from 'vitest'
import { type FakeMongodb, fakeMongodb } from '../../../../test/support/mongodb-fake/fake-mongodb.ts'
import { fakeConfig } from '../../../../test/support/mongodb-flow.ts'
import { Reading, readingContext } from '../../../../test/support/reading.ts'
import { asOffbeatError, type OffbeatError } from '../../../model/error.ts'
import type { MongodbConfig } from '../config.ts'
import { openReader } from '../read/reader.ts'
import { connectMongodb } from './connection.ts'

const SHOP = { tables: ['shop.item'], heartbeat: { source: 'off' } }

async function reading(config: MongodbConfig): Promise<Reading> {
  return new Reading(await openReader(config, readingContext), 'now', 'none')
}

function direct(fake: FakeMongodb, member: number): MongodbConfig {
  return fakeConfig(fake, { ...SHOP, url: `mongodb://${fake.hosts[member]}/?directConnection=true` })
}

async function refusalOf(config: MongodbConfig): Promise<OffbeatError> {
  try {
    await using connection = await connectMongodb(config, {
      source: 'shop',
      connectTimeoutMs: 300,
      signal: new AbortController().signal,
    })
    return expect.fail(`it connected to ${connection.target.port}`)
  } catch (thrown) {
    return asOffbeatError(thrown)
  }
}

/** The members that streams were opened on. */
function streamed(fake: FakeMongodb): ReadonlySet<number> {
  return new Set(fake.received.filter(({ name }) => name === 'getMore').map(({ node }) => node))
}

test.each([
  ['primary', 1],
  ['primaryPreferred', 1],
  ['secondary', 2],
  ['secondaryPreferred', 2],
])(
  'with readPreference=%s, the stream is opened on member %i of a primary, a secondary and a hidden one',
  async (readPreference, member) => {
    await using fake = await fakeMongodb({ nodes: 3 })
    fake.elect(1)
    fake.become(0, 'HIDDEN')
    const config = fakeConfig(fake, { ...SHOP, url: fake.url('', { readPreference }) })
    await using stream = await reading(config)
    await stream.firstOffset()
    fake.insert('shop.item', { _id: 1 })
    await stream.until('the row', () => stream.ids.length > 0)
    expect(streamed(fake)).toEqual(new Set([member]))
  },
)

test('a hidden member is read with directConnection', async () => {
  await using fake = await fakeMongodb({ nodes: 2 })
  fake.become(1, 'HIDDEN')
  await using stream = await reading(direct(fake, 1))
  await stream.firstOffset()
  fake.insert('shop.item', { _id: 1 })
  await stream.until('the row', () => stream.ids.length > 0)
  expect(streamed(fake)).toEqual(new Set([1]))
})

test('an arbiter is named as one', async () => {
  await using fake = await fakeMongodb({ nodes: 2 })
  fake.become(1, 'ARBITER')
  const error = await refusalOf(direct(fake, 1))
  expect(error).toMatchObject({ code: 'MONGODB_ARBITER', retry: false })
  expect(error.message).toContain(`${fake.hosts[1]} is an arbiter of the set fake`)
})

test.each(['RECOVERING', 'STARTUP2', 'ROLLBACK'] as const)(
  'a member in the state %s is named with it, and tried again',
  async (state) => {
    await using fake = await fakeMongodb({ nodes: 2 })
    fake.become(1, state)
    expect(await refusalOf(direct(fake, 1))).toMatchObject({
      code: 'DATABASE_STARTING',
      retry: true,
      found: `its state is ${state}`,
    })
    fake.answer('replSetGetStatus', { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized' })
    expect(await refusalOf(direct(fake, 1))).toMatchObject({ found: 'it is neither primary nor secondary' })
    fake.become(1, null)
    await using stream = await reading(direct(fake, 1))
    await stream.firstOffset()
  },
)

test('a stream on a member that begins to recover ends with an error that is retried, on another member', async () => {
  await using fake = await fakeMongodb({ nodes: 3 })
  fake.become(2, 'RECOVERING')
  const config = fakeConfig(fake, { ...SHOP, url: fake.url('', { readPreference: 'secondary' }) })
  await using stream = await reading(config)
  await stream.firstOffset()
  fake.become(2, null)
  fake.become(1, 'RECOVERING')
  expect(asOffbeatError(await stream.failure())).toMatchObject({ retry: true })
  await using next = await reading(config)
  await next.firstOffset()
  expect(streamed(fake)).toEqual(new Set([1, 2]))
})

test('where no member has the role that is wanted, the roles of all are named', async () => {
  await using fake = await fakeMongodb({ nodes: 3 })
  fake.become(1, 'ARBITER')
  fake.become(2, 'RECOVERING')
  const error = await refusalOf(fakeConfig(fake, { url: fake.url('', { readPreference: 'secondary' }) }))
  expect(error).toMatchObject({ code: 'DATABASE_CONNECT_FAILED', retry: true })
  expect(error.found).toContain(`${fake.hosts[0]} is a primary`)
  expect(error.found).toContain(`${fake.hosts[1]} is an arbiter`)
  expect(error.found).toContain(`${fake.hosts[2]} is a member that is hidden, starting or recovering`)
})

test('a set of another name than in the URL is named as such', async () => {
  await using fake = await fakeMongodb()
  const url = `mongodb://${fake.hosts[0]}/?replicaSet=other`
  expect(await refusalOf(fakeConfig(fake, { url }))).toMatchObject({ code: 'MONGODB_SET_NAME' })
})

test('a member of a set that was not initiated is named as such', async () => {
  await using fake = await fakeMongodb()
  const info = 'Does not have a valid replica set config'
  fake.helloFields = { setName: undefined, ismaster: false, isWritablePrimary: false, isreplicaset: true, info }
  const error = await refusalOf(direct(fake, 0))
  expect(error).toMatchObject({ code: 'MONGODB_NO_REPLICA_SET', retry: false, found: info })
  expect(error.fix[0]?.text).toContain('replSetInitiate')
})
