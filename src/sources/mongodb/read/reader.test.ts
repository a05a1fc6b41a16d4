import { expect, test } from 'vitest'
import { type FakeMongodb, fakeMongodb } from '../../../../test/support/mongodb-fake/fake-mongodb.ts'
import { reply } from '../../../../test/support/mongodb-fake/fault.ts'
import { fakeConfig } from '../../../../test/support/mongodb-flow.ts'
import { Reading, readingContext } from '../../../../test/support/reading.ts'
import { asOffbeatError } from '../../../model/error.ts'
import type { Offset } from '../../../model/offset.ts'
import type { RawMessage } from '../../raw-log.ts'
import type { Context } from '../../source.ts'
import type { MongodbConfig } from '../config.ts'
import { MONGODB } from '../definition.ts'
import { MONGODB_POSITIONS } from '../position/position.ts'
import { openReader } from './reader.ts'

const never = new AbortController().signal
const SHOP = { tables: ['shop.item'], heartbeat: { source: 'off' } }

async function reading(
  config: MongodbConfig,
  from: Offset | 'now',
  tap: ((message: RawMessage) => void) | null = null,
  context: Context = { ...readingContext },
): Promise<Reading> {
  return new Reading(await openReader(config, context, never, tap), from, 'none')
}

/** From now on, the server sends the change of this document without its `_id`, which cannot be decoded. */
function breakChangeOf(fake: FakeMongodb, id: number): void {
  const broken = (event: object) =>
    'documentKey' in event && Object(event.documentKey)._id === id ? { ...event, documentKey: {} } : event
  const fault = reply.rewrite(({ cursor, ...answer }) => {
    const { nextBatch = [], ...others } = Object(cursor)
    return { ...answer, cursor: { ...others, nextBatch: nextBatch.map(broken) } }
  })
  for (let i = 0; i < 1000; i++) fake.onNext('getMore', fault)
}

test('promise 3: what comes before an event that cannot be decoded is delivered, and a raw reader gets all of its transaction', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, SHOP)
  let start: Offset
  {
    await using first = await reading(config, 'now')
    start = await first.firstOffset()
  }
  fake.insert('shop.item', { _id: 1 })
  fake.transaction(() => {
    for (const _id of [2, 3, 4]) fake.insert('shop.item', { _id })
  })
  fake.insert('shop.item', { _id: 5 })
  breakChangeOf(fake, 3)
  const messages: RawMessage[] = []
  await using raw = await reading(config, start, (message) =>
    messages.push({ ...message, bytes: Buffer.from(message.bytes) }),
  )
  const error = asOffbeatError(await raw.failure())
  expect(error).toMatchObject({ code: 'MONGODB_EVENT_INVALID', details: { undecodable: true } })
  expect(raw.commits).toHaveLength(1)
  expect(raw.ids.slice(0, 1)).toEqual([1])
  const { transaction } = error.details
  expect(transaction).toMatch(/^[0-9a-f-]{36}:\d+$/)
  const its = messages.filter((message) => message.transaction === transaction)
  expect(its.map(({ begins, change, end }) => [begins, change?.table, change?.op, end !== null])).toEqual([
    [true, 'shop.item', 'c', false],
    [false, 'shop.item', 'c', false],
    [false, 'shop.item', 'c', true],
  ])
  expect(its.every(({ bytes }) => bytes.length > 5)).toBe(true)
  const end = its.at(-1)?.end ?? expect.fail('no end')
  await using after = await reading(config, {
    ...start,
    position: MONGODB_POSITIONS.parse(end.position),
    memory: end.memory ?? {},
  })
  await after.until('the next row', () => after.ids.length > 0)
  expect(after.ids).toEqual([5])
})

test('promise 3: no offset rests inside a transaction, also where its events come in several replies', async () => {
  await using fake = await fakeMongodb()
  await using whole = await reading(fakeConfig(fake, SHOP), 'now')
  await whole.firstOffset()
  fake.transaction(() => {
    for (const _id of [1, 2, 3]) fake.insert('shop.item', { _id })
  })
  await whole.until('the commit', () => whole.commits.length === 1)
  fake.insert('shop.item', { _id: 4 })
  await whole.until('the next', () => whole.commits.length === 2)
  const types = whole.events.map(({ type }) => type).filter((type) => type !== 'notice')
  const from = types.indexOf('begin')
  expect(types.slice(from, from + 5)).toEqual(['begin', 'change', 'change', 'change', 'commit'])
  expect(
    fake.received.filter(({ name, command }) => name === 'getMore' && command['batchSize'] === 1),
  ).not.toHaveLength(0)
})

test('promise 3: a start that the server refuses within a transaction: the whole transaction is read again', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, SHOP)
  let start: Offset
  {
    await using first = await reading(config, 'now')
    await first.firstOffset()
    fake.insert('shop.item', { _id: 0 })
    await first.until('an offset with a token', () => first.commits.length === 1)
    start = first.commits[0]?.offset ?? expect.fail('no commit')
  }
  fake.transaction(() => {
    for (const _id of [1, 2, 3]) fake.insert('shop.item', { _id })
  })
  fake.onNext(
    'getMore',
    reply.rewrite((answer) => answer),
  )
  fake.onNext('getMore', reply.error(50))
  fake.onNext('getMore', reply.error(280))
  await using refused = await reading(config, start)
  expect(asOffbeatError(await refused.failure())).toMatchObject({ code: 'MONGODB_CURSOR_ENDED', retry: true })
  expect([refused.ids, refused.commits]).toEqual([[1], []])
  await using again = await reading(config, start)
  await again.until('the commit', () => again.commits.length === 1)
  expect(again.ids).toEqual([1, 2, 3])
})

test('an event that is a transaction of its own is skipped alone', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, SHOP)
  let start: Offset
  {
    await using first = await reading(config, 'now')
    start = await first.firstOffset()
  }
  for (const _id of [1, 2, 3]) fake.insert('shop.item', { _id })
  breakChangeOf(fake, 2)
  const messages: RawMessage[] = []
  await using raw = await reading(config, start, (message) => messages.push(message))
  const error = asOffbeatError(await raw.failure())
  const its = messages.filter(({ transaction }) => transaction === error.details['transaction'])
  expect(its).toMatchObject([{ begins: true, end: { position: error.details['transaction'] } }])
  expect(raw.ids).toEqual([1])
  const position = MONGODB_POSITIONS.parse(its[0]?.end?.position ?? '')
  await using after = await reading(config, { ...start, position })
  await after.until('the next row', () => after.ids.length > 0)
  expect(after.ids).toEqual([3])
})

test('a set whose id cannot be read is read on, which is reported once in a run, with the grant', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, { ...SHOP, tables: ['shop.item', 'shop.none'] })
  fake.answer('replSetGetConfig', { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized' })
  fake.answer('find', { cursor: { firstBatch: [], id: 0n, ns: 'local.system.replset' } })
  await using first = await reading(config, 'now')
  const start = await first.firstOffset()
  expect(start.server).toEqual({ replicaSet: 'fake' })
  const run = { ...readingContext }
  await using again = await reading(config, start, null, run)
  await again.until('the notice', () => again.notices.length > 0)
  fake.insert('shop.item', { _id: 1 })
  await again.until('a row', () => again.ids.length > 0)
  const codes = again.notices.map(({ code }) => code).filter((code) => code !== 'MONGODB_COLLECTION_CHANGED')
  expect(codes).toEqual(['MONGODB_SET_UNVERIFIED', 'TABLE_PATTERN_UNUSED', 'TABLE_PATTERN_UNUSED'])
  expect(again.notices.find(({ code }) => code === 'MONGODB_SET_UNVERIFIED')?.fix?.[0]?.text).toContain(
    'clusterMonitor',
  )
  fake.killCursors()
  await again.failure()
  await using reconnected = await reading(config, start, null, run)
  await reconnected.until('the other notice', () => reconnected.notices.some(({ code }) => code.startsWith('TABLE_')))
  expect(reconnected.notices.map(({ code }) => code)).not.toContain('MONGODB_SET_UNVERIFIED')
  await using nextRun = await reading(config, start)
  await nextRun.until('its notice', () => nextRun.notices.some(({ code }) => code === 'MONGODB_SET_UNVERIFIED'))
})

test('it yields before the server has found the first event, so that a heartbeat can be written', async () => {
  await using fake = await fakeMongodb()
  const held = reply.held()
  fake.onNext('getMore', held)
  await using slow = await reading(fakeConfig(fake, SHOP), 'now')
  await slow.firstOffset()
  held.release()
  fake.insert('shop.item', { _id: 1 })
  await slow.until('the row', () => slow.ids.length > 0)
})

test('promise 13: an abort ends it at once, also while the server says nothing, and its cursor is closed', async () => {
  await using fake = await fakeMongodb()
  await using silent = await reading(fakeConfig(fake, SHOP), 'now')
  await silent.firstOffset()
  fake.onNext('getMore', reply.silence())
  await silent.until(
    'a getMore without an answer',
    () => fake.received.filter(({ name }) => name === 'getMore').length > 1,
  )
  await silent.stop()
  expect(await silent.failure()).toBeNull()
  await silent[Symbol.asyncDispose]()
  expect(fake.openCursors).toBe(0)
})

test('it asks for a reply only when the last one was taken', async () => {
  await using fake = await fakeMongodb()
  await using reader = await openReader(fakeConfig(fake, SHOP), readingContext)
  const asked = () => fake.received.filter(({ name }) => name === 'getMore').length
  const stop = new AbortController()
  const events = reader.read('now', stop.signal)[Symbol.asyncIterator]()
  await events.next()
  for (let i = 0; i < 100; i++) fake.insert('shop.item', { _id: i })
  for (let pulled = 1; pulled < 6; pulled++) {
    expect(asked()).toBeLessThanOrEqual(pulled + 1)
    await events.next()
    // A reader that reads ahead without a limit has asked for much more by then.
    for (let i = 0; i < 5; i++) await fake.oplog.next(AbortSignal.timeout(1))
  }
  stop.abort()
})

test('promise 2: after an election, the next reader goes on at the new primary', async () => {
  await using fake = await fakeMongodb({ nodes: 2 })
  const config = fakeConfig(fake, SHOP)
  await using old = await reading(config, 'now')
  await old.firstOffset()
  fake.insert('shop.item', { _id: 1 })
  await old.until('a row', () => old.ids.length > 0)
  fake.elect(1)
  // The cursor is interrupted in a getMore, or not known to the next one.
  expect(asOffbeatError(await old.failure())).toMatchObject({
    code: expect.toBeOneOf(['DATABASE_STOPPING', 'MONGODB_CURSOR_ENDED']),
    kind: 'transient',
  })
  fake.insert('shop.item', { _id: 2 })
  await using next = await reading(config, old.commits[0]?.offset ?? expect.fail('no commit'))
  await next.until('the next row', () => next.ids.length > 0)
  expect(next.ids).toEqual([2])
  expect(fake.received.findLast(({ name }) => name === 'getMore')?.node).toBe(1)
})

test('a stream that the URL wants from a secondary has all of its commands there', async () => {
  await using fake = await fakeMongodb({ nodes: 2 })
  const url = fake.url('', { readPreference: 'secondary' })
  await using secondary = await reading(fakeConfig(fake, { ...SHOP, url }), 'now')
  await secondary.firstOffset()
  fake.insert('shop.item', { _id: 1 })
  await secondary.until('a row', () => secondary.ids.length > 0)
  const nodes = fake.received.filter(({ name }) => name === 'getMore' || name === 'aggregate').map(({ node }) => node)
  expect(new Set(nodes)).toEqual(new Set([1]))
})

test('a server without a replica set is named as such, also to an offset of a replica set', async () => {
  await using set = await fakeMongodb()
  await using alone = await fakeMongodb({ shape: 'standalone' })
  await using first = await reading(fakeConfig(set, SHOP), 'now')
  for (const from of ['now', await first.firstOffset()] as const) {
    await using refused = await reading(fakeConfig(alone, SHOP), from)
    expect(asOffbeatError(await refused.failure())).toMatchObject({ code: 'MONGODB_NO_REPLICA_SET', retry: false })
  }
})

test('the definition has both readers', () => {
  expect([MONGODB.reader, MONGODB.rawReader]).not.toContain(undefined)
})

test('a primary that steps down and keeps its cursors is left, unless the URL chooses the member', async () => {
  await using fake = await fakeMongodb({ nodes: 2 })
  await using followed = await reading(fakeConfig(fake, SHOP), 'now')
  await followed.firstOffset()
  await using direct = await reading(
    fakeConfig(fake, { ...SHOP, url: `mongodb://${fake.hosts[0]}/?directConnection=true` }),
    'now',
  )
  await direct.firstOffset()
  fake.elect(1, { keepsCursors: true })
  expect(asOffbeatError(await followed.failure())).toMatchObject({ code: 'DATABASE_STOPPING', retry: true })
  fake.insert('shop.item', { _id: 1 })
  await direct.until('the row', () => direct.ids.length === 1)
  await using again = await reading(fakeConfig(fake, SHOP), 'now')
  await again.firstOffset()
  expect(fake.received.findLast(({ name }) => name === 'getMore')?.node).toBe(1)
})
