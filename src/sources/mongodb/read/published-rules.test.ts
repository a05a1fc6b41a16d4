import { expect, test } from 'vitest'
import { fakeMongodb } from '../../../../test/support/mongodb-fake/fake-mongodb.ts'
import { reply } from '../../../../test/support/mongodb-fake/fault.ts'
import { FakeFlow, fakeConfig } from '../../../../test/support/mongodb-flow.ts'
import { Reading, readingContext } from '../../../../test/support/reading.ts'
import { asOffbeatError } from '../../../model/error.ts'
import type { Offset } from '../../../model/offset.ts'
import type { MongodbConfig } from '../config.ts'
import { pointOf } from '../position/position.ts'
import { openReader } from './reader.ts'

/* What the specification of change streams demands of drivers, of our own reader, which does not use the driver's stream. */

const SHOP = { tables: ['shop.item'], heartbeat: { source: 'off' } }
const VERSIONS = ['4.4', '5.0', '6.0', '7.0', '8.0', '8.2'] as const

type Fake = Awaited<ReturnType<typeof fakeMongodb>>

function commands(fake: Fake, name: string): readonly Readonly<Record<string, unknown>>[] {
  return fake.received.filter((one) => one.name === name).map(({ command }) => command)
}

/** What the newest stream was opened with. */
function newest(fake: Fake): Readonly<Record<string, unknown>> {
  const streams = commands(fake, 'aggregate').flatMap(({ pipeline }) => Object(pipeline)[0]?.$changeStream ?? [])
  return streams.at(-1) ?? expect.fail('no stream')
}

test.each(VERSIONS)('release %s is asked only for what it has, and resumed where it was', async (version) => {
  await using fake = await fakeMongodb({ version })
  const config = fakeConfig(fake, { tables: ['shop.*'], heartbeat: { source: 'off' } })
  const never = new AbortController().signal
  await using first = new Reading(await openReader(config, readingContext, never), 'now', 'none')
  await first.firstOffset()
  fake.insert('shop.item', { _id: 1, a: [1, 2] })
  fake.data.update('shop.item', { _id: 1 }, [{ $set: { a: [1] } }])
  // What readers of today do not know must not stop them.
  fake.data.event('shop.item', 'addedInFutureMongoDBVersion', { newField: 1 })
  fake.data.createIndex('shop.item', { key: { x: 1 }, name: 'x_1' })
  fake.data.modify('shop.item', true)
  fake.data.create('shop.seen', { nsType: 'view' })
  fake.data.create('shop.measured', { nsType: 'timeseries' })
  fake.data.rename('shop.item', 'shop.seen', true)
  fake.insert('shop.item', { _id: 2 })
  await first.until('the last row', () => first.ids.includes(2))
  expect(first.ids).toEqual([1, 1, 2])
  const [commit] = first.commits
  await using again = new Reading(await openReader(config, readingContext, never), commit?.offset ?? 'now', 'none')
  await again.until('the last row', () => again.ids.includes(2))
  expect(again.ids).toEqual([1, 2])
  const isNew = version >= '6.0'
  expect(newest(fake)).toEqual({
    fullDocument: 'updateLookup',
    resumeAfter: { _data: expect.any(String) },
    ...(isNew ? { showExpandedEvents: true } : {}),
  })
})

test('after an error before the first event, the stream resumes after the token of the empty batch', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, SHOP)
  await using flow = await FakeFlow.open(fake, config, 'now')
  await flow.until('the start', () => flow.offsets.length > 0)
  fake.noop()
  await flow.until('the token of an empty batch', () => pointOf(flow.last.position).token !== null)
  fake.onNext('getMore', reply.error(6))
  expect(asOffbeatError(await flow.failure())).toMatchObject({ retry: true, kind: 'transient' })
  fake.insert('shop.item', { _id: 1 })
  await using again = await FakeFlow.open(fake, config, flow.last)
  await again.until('the event', () => again.seen.length > 0)
  expect(newest(fake)).toMatchObject({ resumeAfter: { _data: pointOf(flow.last.position).token?.text } })
  expect(again.seen).toEqual(['insert 1'])
})

/** The offset behind the event that invalidated a stream. */
async function afterInvalidate(fake: Fake, config: MongodbConfig): Promise<Offset> {
  await using flow = await FakeFlow.open(fake, config, 'now')
  await flow.until('the start', () => flow.offsets.length > 0)
  fake.insert('shop.item', { _id: 1 })
  fake.data.drop('shop.item')
  await flow.until('the notice', () => flow.notices.length > 0)
  return flow.last
}

test('a stream that begins with startAfter is begun with it again until it has come further', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, SHOP)
  const invalidated = await afterInvalidate(fake, config)
  const token = pointOf(invalidated.position).token?.text
  for (let round = 0; round < 2; round++) {
    await using next = await FakeFlow.open(fake, config, invalidated)
    fake.onNext('getMore', reply.error(11_602))
    expect(asOffbeatError(await next.failure())).toMatchObject({ retry: true })
    expect(newest(fake)).toMatchObject({ startAfter: { _data: token } })
    expect(newest(fake)).not.toHaveProperty('resumeAfter')
    expect(next.offsets).toEqual([])
  }
  fake.insert('shop.item', { _id: 2 })
  await using last = await FakeFlow.open(fake, config, invalidated)
  await last.until('the event', () => last.seen.length > 0)
  await using resumed = await FakeFlow.open(fake, config, last.last)
  await resumed.until('an answer', () => newest(fake)['resumeAfter'] !== undefined)
  expect(newest(fake)).not.toHaveProperty('startAfter')
})

test('an error of killCursors does not prevent the end of a stream, nor the next one', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, SHOP)
  const flow = await FakeFlow.open(fake, config, 'now')
  await flow.until('the start', () => flow.offsets.length > 0)
  fake.onNext('killCursors', reply.error(6))
  await flow[Symbol.asyncDispose]()
  expect(commands(fake, 'killCursors')).toHaveLength(1)
  fake.insert('shop.item', { _id: 1 })
  await using again = await FakeFlow.open(fake, config, flow.last)
  await again.until('the event', () => again.seen.length > 0)
})

test('each getMore has the newest cluster time, the opening waits for no write, and both have one session', async () => {
  await using fake = await fakeMongodb()
  await using flow = await FakeFlow.open(fake, fakeConfig(fake, SHOP), 'now')
  await flow.until('the start', () => flow.offsets.length > 0)
  fake.insert('shop.item', { _id: 1 })
  await flow.until('the event', () => flow.seen.length > 0)
  const { time } = fake
  const asked = commands(fake, 'getMore').length
  await flow.until('two more answers', () => commands(fake, 'getMore').length > asked + 2)
  const { clusterTime } = Object(commands(fake, 'getMore').at(-1)?.['$clusterTime'])
  expect((BigInt(clusterTime.t) << 32n) | BigInt(clusterTime.i)).toBe(time)
  const opening = commands(fake, 'aggregate').find(({ pipeline }) => '$changeStream' in Object(pipeline)[0])
  expect(opening?.['readConcern']).toEqual({ level: 'majority' })
  const sessions = [opening, ...commands(fake, 'getMore')].map((command) => String(Object(command?.['lsid']).id))
  expect(new Set(sessions).size).toBe(1)
})
