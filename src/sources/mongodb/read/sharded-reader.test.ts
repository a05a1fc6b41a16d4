import { expect, test } from 'vitest'
import { type FakeMongodb, type FakeOptions, fakeMongodb } from '../../../../test/support/mongodb-fake/fake-mongodb.ts'
import { fakeConfig } from '../../../../test/support/mongodb-flow.ts'
import { Reading, readingContext } from '../../../../test/support/reading.ts'
import { asOffbeatError } from '../../../model/error.ts'
import type { LogEvent } from '../../../model/log-event.ts'
import type { Offset } from '../../../model/offset.ts'
import type { MongodbConfig } from '../config.ts'
import { compareTimes } from '../position/cluster-time.ts'
import { pointOf } from '../position/position.ts'
import { openReader } from './reader.ts'

const SHOP = { tables: ['shop.item'], heartbeat: { interval: '100ms', source: 'off' } }

/** A cluster of two shards, with a document's `_id` as the way to its shard: even ones are on the first. */
async function cluster(options: FakeOptions = {}): Promise<FakeMongodb> {
  const fake = await fakeMongodb({ shape: 'mongos', shards: 2, ...options })
  fake.data.create('shop.item')
  fake.noop()
  return fake
}

async function reading(
  fake: FakeMongodb,
  from: Offset | 'now',
  config: MongodbConfig = fakeConfig(fake, SHOP),
): Promise<Reading> {
  return new Reading(await openReader(config, { ...readingContext }), from, 'none')
}

/** Begins and commits, and a letter for each change. */
function shape(events: readonly LogEvent[]): string {
  const letters: Readonly<Record<string, string>> = { begin: '(', change: 'c', commit: ')' }
  return events.map(({ type }) => letters[type] ?? '').join('')
}

test('a cluster is read through mongos, with the id of config.version as its identity', async () => {
  await using fake = await cluster()
  await using stream = await reading(fake, 'now')
  expect((await stream.firstOffset()).server).toEqual({
    cluster: 'sharded',
    clusterId: expect.stringMatching(/^\w{24}$/),
  })
  for (const _id of [1, 2, 3, 4]) fake.insert('shop.item', { _id })
  fake.noop()
  await stream.until('the rows', () => stream.ids.length === 4)
  expect(stream.ids).toEqual([1, 2, 3, 4])
  const asked = fake.received.filter(({ command }) => command['$db'] === 'local')
  expect(asked).toEqual([])
})

test('promise 3: a shard that writes nothing holds back the changes of others, and no offset goes past them', async () => {
  await using fake = await cluster()
  await using stream = await reading(fake, 'now')
  await stream.firstOffset()
  fake.insert('shop.item', { _id: 2 })
  const written = { seconds: Number(fake.time >> 32n), increment: Number(fake.time & 0xffff_ffffn) }
  const asked = () => fake.received.filter(({ name }) => name === 'getMore').length
  const before = asked()
  await stream.until('further answers', () => asked() > before + 2)
  expect(stream.ids).toEqual([])
  const reached = stream.events.flatMap((event) => (event.type === 'progress' ? [event.offset.position] : []))
  for (const position of reached) expect(compareTimes(pointOf(position).time, written)).toBeLessThan(0)
  fake.noop(1)
  await stream.until('the row', () => stream.ids.length > 0)
  expect(stream.ids).toEqual([2])
})

test('promise 3: a transaction over several shards is delivered whole, with what another shard did at its time', async () => {
  await using fake = await cluster()
  await using stream = await reading(fake, 'now')
  const start = await stream.firstOffset()
  fake.oplog.together(() => {
    fake.transaction(() => {
      for (const _id of [2, 3, 4, 5]) fake.insert('shop.item', { _id })
    })
    fake.insert('shop.item', { _id: 6 })
  })
  fake.insert('shop.item', { _id: 7 })
  fake.noop()
  await stream.until('the rows', () => stream.ids.length === 6)
  expect(new Set(stream.ids)).toEqual(new Set([2, 3, 4, 5, 6, 7]))
  await stream.until('both commits', () => stream.commits.length === 2)
  expect(shape(stream.events)).toBe('(ccccc)(c)')
  await using again = await reading(fake, stream.commits[0]?.offset ?? start)
  await again.until('the rest', () => again.ids.length > 0)
  expect(again.ids).toEqual([7])
})

test('promise 3: between the parts of a transaction on several shards no offset rests, though a router answers with nothing in between', async () => {
  await using fake = await cluster()
  await using stream = await reading(fake, 'now')
  await stream.firstOffset()
  fake.transaction(() => {
    for (const _id of [2, 3]) fake.insert('shop.item', { _id })
  })
  await stream.until('its changes', () => stream.ids.length === 2)
  const asked = () => fake.received.filter(({ name }) => name === 'getMore').length
  const before = asked()
  await stream.until('empty answers', () => asked() > before + 2)
  expect(stream.commits).toEqual([])
  fake.noop()
  await stream.until('the commit', () => stream.commits.length === 1)
  expect(shape(stream.events)).toBe('(cc)')
})

test('promise 2: another mongos continues where the first one ended', async () => {
  await using fake = await cluster({ nodes: 2 })
  const config = fakeConfig(fake, SHOP)
  await using stream = await reading(fake, 'now', config)
  await stream.firstOffset()
  for (const _id of [1, 2]) fake.insert('shop.item', { _id })
  fake.noop()
  await stream.until('the rows', () => stream.ids.length === 2)
  const [used = 0] = new Set(fake.received.filter(({ name }) => name === 'getMore').map(({ node }) => node))
  await fake.stop(used)
  expect(asOffbeatError(await stream.failure())).toMatchObject({ retry: true })
  for (const _id of [3, 4]) fake.insert('shop.item', { _id })
  fake.noop()
  await using next = await reading(fake, stream.commits.at(-1)?.offset ?? expect.fail('no commit'), config)
  await next.until('the next rows', () => next.ids.length === 2)
  expect(next.ids).toEqual([3, 4])
  expect(fake.received.findLast(({ name }) => name === 'getMore')?.node).toBe(1 - used)
})

test('promise 2: a position of the high-water mark is continued from too', async () => {
  await using fake = await cluster()
  await using stream = await reading(fake, 'now')
  await stream.firstOffset()
  const count = stream.events.length
  fake.noop()
  await stream.until('progress', () => stream.events.length > count)
  const last = stream.events.at(-1)
  if (last?.type !== 'progress') return expect.fail('no progress')
  await stream.stop()
  fake.insert('shop.item', { _id: 1 })
  fake.noop()
  await using next = await reading(fake, last.offset)
  await next.until('the row', () => next.ids.length > 0)
  expect(next.ids).toEqual([1])
})

test('the key of a document in a sharded collection is its _id, without the shard key', async () => {
  await using fake = await cluster()
  fake.data.shardKeys = { 'shop.item': ['region'] }
  await using stream = await reading(fake, 'now')
  await stream.firstOffset()
  fake.insert('shop.item', { _id: 1, region: 'eu' })
  fake.data.update('shop.item', { _id: 1 }, { $set: { note: 'x' } })
  fake.data.delete('shop.item', { _id: 1 })
  fake.noop()
  await stream.until('the changes', () => stream.ids.length === 3)
  expect(stream.ids).toEqual([1, 1, 1])
})

test('promise 9: the offset of another cluster is refused', async () => {
  await using fake = await cluster()
  await using stream = await reading(fake, 'now')
  const start = await stream.firstOffset()
  await using other = await cluster()
  await using refused = await reading(other, start)
  expect(asOffbeatError(await refused.failure())).toMatchObject({ code: 'DATABASE_OTHER_SERVER' })
})

test('promise 9: an offset that the shards no longer have is lost', async () => {
  await using fake = await cluster()
  await using stream = await reading(fake, 'now')
  const start = await stream.firstOffset()
  await stream.stop()
  fake.oplog.advance(100)
  fake.insert('shop.item', { _id: 1 })
  fake.noop()
  fake.trimOplogBefore(fake.time)
  await using lost = await reading(fake, start)
  const error = asOffbeatError(await lost.failure())
  expect(error).toMatchObject({ code: 'MONGODB_OPLOG_LOST', kind: 'lost position' })
  expect(error.loss?.choices.length).toBeGreaterThan(0)
})

test('a reader that is led to a member of a shard says that it reads one shard only', async () => {
  await using fake = await fakeMongodb()
  fake.answer('serverStatus', { sharding: { configsvrConnectionString: 'csrs/c.example:27019' } })
  await using stream = await reading(fake, 'now')
  const notice = await stream.until('the notice', () =>
    stream.notices.find(({ code }) => code === 'MONGODB_SHARD_DIRECT'),
  )
  expect(notice).toMatchObject({ details: { configServers: 'csrs/c.example:27019' } })
  await using routed = await cluster()
  await using whole = await reading(routed, 'now')
  await whole.firstOffset()
  routed.insert('shop.item', { _id: 1 })
  routed.noop()
  await whole.until('the row', () => whole.ids.length > 0)
  expect(whole.notices.map(({ code }) => code)).not.toContain('MONGODB_SHARD_DIRECT')
})
