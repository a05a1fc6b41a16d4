import { MongoClient } from 'mongodb'
import { expect, test } from 'vitest'
import { systemClock } from '../../../src/cli/program/system-clock.ts'
import { MONGODB } from '../../../src/sources/mongodb/definition.ts'
import { silentLog } from '../silent-log.ts'
import { waitFor } from '../wait-for.ts'
import { type FakeMongodb, fakeMongodb } from './fake-mongodb.ts'
import { reply } from './fault.ts'
import { readToken, tokenText } from './key-string-token.ts'
import { RawStream } from './raw-stream.ts'

function operations(events: readonly { operationType?: string }[]): readonly string[] {
  return events.map(({ operationType }) => operationType ?? '')
}

async function received(fake: FakeMongodb, command: string, times: number): Promise<void> {
  const count = () => fake.received.filter(({ name }) => name === command).length
  await waitFor({ until: `${command} was received ${times} times` }, () => count() === times)
}

test('a stream has the changes of its scope, in their order, and its post-batch token is that of the last', async () => {
  await using fake = await fakeMongodb()
  await using all = new RawStream(fake.url())
  await using shop = new RawStream(fake.url(), 'shop')
  await using items = new RawStream(fake.url(), 'shop.item')
  for (const stream of [all, shop, items]) expect((await stream.open()).events).toEqual([])
  fake.insert('shop.item', { _id: 1, name: 'pen' })
  fake.insert('shop.order', { _id: 2 })
  fake.insert('zoo.item', { _id: 3 })
  fake.data.update('shop.item', { _id: 1 }, { $set: { name: 'ink' }, $unset: { old: '' } })
  fake.data.update('shop.item', { _id: 1 }, { name: 'jar' })
  fake.data.delete('shop.item', { _id: 1 })
  const found = await Promise.all([all, shop, items].map((stream) => stream.more()))
  expect(found.map(({ events }) => events.map((event) => event['documentKey']._id))).toEqual([
    [1, 2, 3, 1, 1, 1],
    [1, 2, 1, 1, 1],
    [1, 1, 1, 1],
  ])
  const [, , of] = found
  expect(operations(of?.events ?? [])).toEqual(['insert', 'update', 'replace', 'delete'])
  expect(of?.events[1]).toMatchObject({ updateDescription: { updatedFields: { name: 'ink' }, removedFields: ['old'] } })
  const tokens = of?.events.map((event) => event['_id']._data)
  expect(tokens?.toSorted()).toEqual(tokens)
  expect(of?.token).toBe(tokens?.at(-1))
})

test('the token of a quiet stream follows the no-ops and the changes of others, and never goes back', async () => {
  await using fake = await fakeMongodb()
  await using stream = new RawStream(fake.url(), 'shop.item')
  const opened = await stream.open()
  const idle = await stream.more()
  expect(idle.token).toBe(opened.token)
  fake.oplog.advance(10)
  fake.noop()
  const later = await stream.more()
  expect(later.events).toEqual([])
  expect(later.token).toBe(tokenText({ version: 2, time: fake.time }))
  fake.insert('zoo.item', {})
  const foreign = await stream.more()
  expect(foreign.token > later.token).toBe(true)
  expect(readToken(foreign.token)).toEqual({ time: fake.time, isEvent: false, isInvalidate: false })
})

test('a waiting getMore is answered as soon as there is an event', async () => {
  await using fake = await fakeMongodb()
  await using stream = new RawStream(fake.url(), 'shop.item')
  await stream.open()
  const waiting = stream.more({ maxTimeMS: 60_000 })
  await received(fake, 'getMore', 1)
  fake.insert('zoo.item', {})
  fake.insert('shop.item', { _id: 1 })
  expect((await waiting).events).toHaveLength(1)
})

test('the token is written as in public examples of mongod', () => {
  const time = (0x634f5a5cn << 32n) | 1n
  expect(tokenText({ version: 1, time })).toBe('82634F5A5C000000012B0229296E04')
  const uuid = '00112233-4455-6677-8899-aabbccddeeff'
  const event = { index: 0, operationType: 'insert', uuid, documentKey: { _id: 1 } }
  expect(tokenText({ version: 1, time, event })).toBe(
    '82634F5A5C000000012B022C0100296E5A100400112233445566778899AABBCCDDEEFF461E5F6964002B020004',
  )
})

test('a transaction has one time, its session and its number, and can be resumed inside', async () => {
  await using fake = await fakeMongodb()
  await using stream = new RawStream(fake.url())
  await stream.open()
  fake.transaction(() => {
    for (const _id of [1, 2, 3]) fake.insert('shop.item', { _id })
  })
  fake.insert('shop.item', { _id: 4 })
  const { events } = await stream.more()
  expect(events.map((event) => event['txnNumber']?.toString())).toEqual(['1', '1', '1', undefined])
  expect(new Set(events.slice(0, 3).map((event) => String(event['clusterTime']))).size).toBe(1)
  await using again = new RawStream(fake.url())
  await again.open({ resumeAfter: events[1]?.['_id'] })
  expect((await again.more()).events.map((event) => event['documentKey']._id)).toEqual([3, 4])
})

test('startAtOperationTime includes that time, and a high-water mark is resumed without its event', async () => {
  await using fake = await fakeMongodb()
  fake.insert('shop.item', { _id: 1 })
  await using stream = new RawStream(fake.url())
  const mark = await stream.open()
  fake.insert('shop.item', { _id: 2 })
  const [event] = (await stream.more()).events
  await using timed = new RawStream(fake.url())
  await timed.open({ startAtOperationTime: event?.['clusterTime'] })
  await using marked = new RawStream(fake.url())
  expect((await marked.open({ resumeAfter: { _data: mark.token } })).token).toBe(mark.token)
  for (const one of [timed, marked])
    expect((await one.more()).events.map((found) => found['documentKey']._id)).toEqual([2])
})

test('batches have the size that is asked for, and what is left comes next', async () => {
  await using fake = await fakeMongodb()
  await using stream = new RawStream(fake.url())
  const { token } = await stream.open()
  for (const _id of [1, 2, 3, 4, 5]) fake.insert('shop.item', { _id })
  const first = await stream.more({ batchSize: 2 })
  expect(first.events).toHaveLength(2)
  expect(first.token).toBe(first.events[1]?.['_id']._data)
  expect((await stream.more()).events).toHaveLength(3)
  await using opened = new RawStream(fake.url())
  expect((await opened.open({ startAfter: { _data: token } }, [], 4)).events).toHaveLength(4)
})

test('history that was removed: 286 at the opening, 136 of an open cursor', async () => {
  await using fake = await fakeMongodb()
  await using stream = new RawStream(fake.url())
  const { token } = await stream.open()
  fake.insert('shop.item', { _id: 1 })
  fake.insert('shop.item', { _id: 2 })
  fake.trimOplogBefore(fake.time)
  await expect(stream.more()).rejects.toMatchObject({ code: 136, codeName: 'CappedPositionLost' })
  const label = expect.objectContaining({ code: 286 })
  await expect(stream.open({ resumeAfter: { _data: token } })).rejects.toThrow(label)
  await expect(stream.open({ startAfter: { _data: token } })).rejects.toSatisfy((error) =>
    error.hasErrorLabel('NonResumableChangeStreamError'),
  )
  await expect(stream.open({ resumeAfter: { _data: 'A0' } })).rejects.toMatchObject({ code: 260 })
})

test('a token whose event is outside the stream is not found: 280', async () => {
  await using fake = await fakeMongodb()
  await using stream = new RawStream(fake.url(), 'shop')
  await stream.open()
  fake.insert('shop.item', { _id: 1 })
  const { token } = await stream.more()
  const match = [{ $match: { 'ns.coll': 'other' } }]
  await expect(stream.open({ resumeAfter: { _data: token } }, match)).rejects.toSatisfy(
    (error) => error.code === 280 && error.hasErrorLabel('NonResumableChangeStreamError'),
  )
  await stream.open({ resumeAfter: { _data: token } })
})

test('a drop ends the stream of its collection, and startAfter goes on', async () => {
  await using fake = await fakeMongodb()
  fake.insert('shop.item', { _id: 1 })
  await using stream = new RawStream(fake.url(), 'shop.item')
  await stream.open()
  fake.data.drop('shop.item')
  fake.insert('shop.item', { _id: 2 })
  const end = await stream.more()
  expect(operations(end.events)).toEqual(['drop', 'invalidate'])
  expect(end.cursorId).toBe('0')
  await expect(stream.open({ resumeAfter: { _data: end.token } })).rejects.toMatchObject({ code: 260 })
  await stream.open({ startAfter: { _data: end.token } })
  expect((await stream.more()).events.map((event) => event['documentKey']._id)).toEqual([2])
  await using shop = new RawStream(fake.url(), 'shop')
  await shop.open()
  fake.data.dropDatabase('shop')
  expect(operations((await shop.more()).events)).toEqual(['drop', 'dropDatabase', 'invalidate'])
})

test('images: looked up as they are now, or as they were kept', async () => {
  await using fake = await fakeMongodb()
  await using looked = new RawStream(fake.url())
  await looked.open({ fullDocument: 'updateLookup' })
  await using kept = new RawStream(fake.url())
  await kept.open({ fullDocument: 'whenAvailable', fullDocumentBeforeChange: 'whenAvailable' })
  await using required = new RawStream(fake.url())
  await required.open({ fullDocument: 'required' })
  fake.insert('shop.item', { _id: 1, n: 1 })
  fake.data.update('shop.item', { _id: 1 }, { $set: { n: 2 } })
  fake.data.imagesAreKept = true
  fake.data.update('shop.item', { _id: 1 }, { $set: { n: 3 } })
  const now = (await looked.more()).events.slice(1)
  expect(now.map((event) => event['fullDocument'].n)).toEqual([3, 3])
  const then = (await kept.more()).events.slice(1)
  expect(then.map((event) => [event['fullDocumentBeforeChange']?.n, event['fullDocument']?.n])).toEqual([
    [undefined, undefined],
    [2, 3],
  ])
  await expect(required.more()).rejects.toMatchObject({ code: 47 })
})

test('an event over the limit is split if the stream asks for it, and ends the stream if not', async () => {
  await using fake = await fakeMongodb()
  fake.maxEventBytes = 300
  await using whole = new RawStream(fake.url())
  await whole.open()
  await using split = new RawStream(fake.url())
  await split.open({}, [{ $changeStreamSplitLargeEvent: {} }])
  fake.insert('shop.item', { _id: 1, text: 'x'.repeat(250) })
  await expect(whole.more()).rejects.toMatchObject({ code: 10_334, codeName: 'BSONObjectTooLarge' })
  await expect(whole.more()).rejects.toMatchObject({ code: 43 })
  const { events } = await split.more()
  expect(events.map((event) => event['splitEvent'])).toEqual([
    { fragment: 1, of: 3 },
    { fragment: 2, of: 3 },
    { fragment: 3, of: 3 },
  ])
  expect(Object.assign({}, ...events)).toMatchObject({ operationType: 'insert', documentKey: { _id: 1 } })
})

test('tokens are starved by foreign changes until a match is within reach', async () => {
  await using fake = await fakeMongodb()
  fake.scanLimit = 100
  await using stream = new RawStream(fake.url(), 'shop.item')
  const { token } = await stream.open()
  for (let _id = 0; _id < 150; _id += 1) fake.insert('zoo.item', { _id })
  await expect(stream.more()).rejects.toMatchObject({ code: 50 })
  await stream.open({ resumeAfter: { _data: token } })
  await expect(stream.more()).rejects.toMatchObject({ code: 50 })
  expect(fake.openCursors).toBe(0)
  fake.scanLimit = 200
  fake.insert('shop.item', { _id: 1 })
  await stream.open({ resumeAfter: { _data: token } })
  expect((await stream.more()).events).toHaveLength(1)
})

test('a shard that is behind holds back events and tokens, until it writes something or a no-op', async () => {
  await using fake = await fakeMongodb({ shape: 'mongos', shards: 2 })
  await using stream = new RawStream(fake.url())
  await stream.open()
  fake.insert('shop.item', { _id: 0 })
  const held = await stream.more()
  expect(held.events).toEqual([])
  expect((await stream.more()).token).toBe(held.token)
  fake.noop(1)
  expect((await stream.more()).events).toHaveLength(1)
})

test('events of several shards at one time come in the order of their tokens, those of a transaction by their number in it', async () => {
  await using fake = await fakeMongodb({ shape: 'mongos', shards: 2 })
  await using stream = new RawStream(fake.url(), 'shop.item')
  fake.data.create('shop.item')
  fake.noop()
  await stream.open()
  fake.oplog.together(() => {
    fake.transaction(() => {
      for (const _id of [0, 2, 4]) fake.insert('shop.item', { _id })
    })
    fake.insert('shop.item', { _id: 1 })
  })
  const { events } = await stream.more()
  expect(events.map(({ documentKey }) => documentKey._id)).toEqual([0, 1, 2, 4])
  expect(new Set(events.map(({ clusterTime }) => String(clusterTime))).size).toBe(1)
  expect(events.map(({ _id }) => _id._data)).toEqual(events.map(({ _id }) => _id._data).toSorted())
  await using again = new RawStream(fake.url(), 'shop.item')
  await again.open({ resumeAfter: events[1]?.['_id'] })
  expect((await again.more()).events.map(({ documentKey }) => documentKey._id)).toEqual([2, 4])
})

test('a cursor belongs to its session and to its node', async () => {
  await using fake = await fakeMongodb({ nodes: 2 })
  await using stream = new RawStream(`mongodb://${fake.hosts[0]}/?directConnection=true`)
  await stream.open()
  await using other = new RawStream(`mongodb://${fake.hosts[1]}/?directConnection=true`)
  const { cursorId } = await other.open()
  await using client = new MongoClient(`mongodb://${fake.hosts[1]}/?directConnection=true`)
  const command = { getMore: BigInt(cursorId), collection: '$cmd.aggregate' }
  await expect(client.db('admin').command(command)).rejects.toMatchObject({ code: 50_738 })
  await using first = new MongoClient(`mongodb://${fake.hosts[0]}/?directConnection=true`)
  await expect(first.db('admin').command({ ...command, getMore: 1n })).rejects.toMatchObject({ code: 43 })
})

test('an election interrupts the streams of the old primary, and the driver writes to the new one', async () => {
  await using fake = await fakeMongodb({ nodes: 3 })
  await using client = new MongoClient(fake.url('', { heartbeatFrequencyMS: '500' }))
  const items = client.db('shop').collection<{ _id: number }>('item')
  await items.insertOne({ _id: 1 })
  await using stream = new RawStream(`mongodb://${fake.hosts[0]}/?directConnection=true`)
  await stream.open()
  await using quiet = new RawStream(`mongodb://${fake.hosts[0]}/?directConnection=true`)
  await quiet.open()
  const waiting = stream.more({ maxTimeMS: 60_000 })
  await received(fake, 'getMore', 1)
  fake.elect(1)
  await expect(waiting).rejects.toMatchObject({ code: 11_602, codeName: 'InterruptedDueToReplStateChange' })
  for (const one of [stream, quiet]) await expect(one.more()).rejects.toMatchObject({ code: 43 })
  await items.insertOne({ _id: 2 })
  expect(fake.received.filter(({ name }) => name === 'insert').at(-1)).toMatchObject({ node: 1 })
  expect(fake.data.find('shop.item', {})).toEqual([{ _id: 1 }, { _id: 2 }])
})

test('a write whose reply is lost is sent again by the driver, and happens once', async () => {
  await using fake = await fakeMongodb()
  await using stream = new RawStream(fake.url())
  await stream.open()
  await using client = new MongoClient(fake.url())
  const heartbeats = client.db('streamkap').collection<{ _id: number }>('streamkap_heartbeat')
  const beat = { $set: { text: 'nonce' }, $currentDate: { last_update: true } } as const
  fake.onNext('update', reply.cut('after'))
  await heartbeats.updateOne({ _id: 1 }, beat, { upsert: true })
  expect(fake.received.filter(({ name }) => name === 'update')).toHaveLength(2)
  const { events } = await stream.more()
  expect(operations(events)).toEqual(['insert'])
  expect(events[0]).toMatchObject({ fullDocument: { _id: 1, text: 'nonce', last_update: expect.any(Date) } })
})

test('faults: an error with labels, a cut, silence, a late reply, an older token', async () => {
  await using fake = await fakeMongodb()
  await using stream = new RawStream(fake.url())
  const { token } = await stream.open()
  fake.insert('shop.item', { _id: 1 })
  fake.onNext('getMore', reply.error(50, { keepsCursor: true, labels: ['Mine'] }))
  await expect(stream.more()).rejects.toSatisfy((error) => error.code === 50 && error.hasErrorLabel('Mine'))
  fake.onNext('getMore', reply.token(token))
  const older = await stream.more()
  expect(older.token).toBe(token)
  expect(older.events).toHaveLength(1)
  fake.onNext('getMore', reply.cut('before'))
  await expect(stream.more()).rejects.toMatchObject({ name: 'MongoNetworkError' })
  fake.onNext('getMore', reply.silence())
  const silent = stream.more()
  await received(fake, 'getMore', 4)
  fake.cut()
  await expect(silent).rejects.toMatchObject({ name: 'MongoNetworkError' })
  const held = reply.held()
  fake.onNext('getMore', held)
  const late = stream.more()
  await received(fake, 'getMore', 5)
  held.release()
  expect((await late).events).toEqual([])
})

test('the driver knows the shapes, and a server alone has no change streams', async () => {
  await using alone = await fakeMongodb({ shape: 'standalone' })
  await using stream = new RawStream(alone.url())
  await expect(stream.open()).rejects.toMatchObject({ code: 40_573 })
  await using sharded = await fakeMongodb({ shape: 'mongos', nodes: 2 })
  await using client = new MongoClient(sharded.url())
  expect(await client.db('admin').command({ hello: 1 })).toMatchObject({ msg: 'isdbgrid' })
  await expect(client.db('admin').command({ replSetGetStatus: 1 })).rejects.toMatchObject({ code: 76 })
  sharded.answer('serverStatus', { host: 'a', repl: { setName: 'x' } })
  expect(await client.db('admin').command({ serverStatus: 1 })).toMatchObject({ repl: { setName: 'x' } })
})

test('the ends of the oplog can be read, and an event of an unknown type is sent as it is', async () => {
  await using fake = await fakeMongodb({ seconds: 1_000 })
  fake.oplog.advance(500)
  fake.noop()
  await using client = new MongoClient(fake.url())
  const oplog = client.db('local').collection('oplog.rs')
  const [first] = await oplog.find().sort({ $natural: 1 }).limit(1).toArray()
  const [last] = await oplog.find().sort({ $natural: -1 }).limit(1).toArray()
  expect([first?.['ts'].t, last?.['ts'].t]).toEqual([1_000, 1_500])
  await using stream = new RawStream(fake.url())
  await stream.open()
  fake.data.event('shop.item', 'teleport', { destination: 'moon' })
  expect((await stream.more()).events).toMatchObject([{ operationType: 'teleport', destination: 'moon' }])
})

test('the probe of the source inspects it like a server', async () => {
  await using fake = await fakeMongodb({ seconds: 1_800_000_000 })
  fake.oplog.advance(600)
  fake.noop()
  const config = MONGODB.config.parse({ kind: 'mongodb', url: fake.url(), tables: ['shop.item'] })
  const controls = { source: 'shop', log: silentLog, clock: systemClock }
  const { signal } = new AbortController()
  await using probe = await MONGODB.probe(config, controls, signal)
  const state = await probe.inspect(() => null, signal)
  expect(state.server).toMatchObject({ replicaSet: 'fake', replicaSetId: expect.stringMatching(/^[0-9a-f]{24}$/) })
  expect(state.head).toMatchObject({ position: { time: { seconds: 1_800_000_600, increment: 1 } } })
  expect(state.unseen).toEqual([])
})
