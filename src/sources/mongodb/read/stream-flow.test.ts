import { expect, test } from 'vitest'
import { type FakeMongodb, fakeMongodb } from '../../../../test/support/mongodb-fake/fake-mongodb.ts'
import { reply } from '../../../../test/support/mongodb-fake/fault.ts'
import { FakeFlow, fakeConfig } from '../../../../test/support/mongodb-flow.ts'
import { asOffbeatError } from '../../../model/error.ts'
import { MONGODB_POSITIONS, pointOf } from '../position/position.ts'

const OFF = { heartbeat: { source: 'off' } }

const sent = (fake: FakeMongodb, name: string) =>
  fake.received.filter((one) => one.name === name).map((one) => one.command)
const changeStreams = (fake: FakeMongodb) =>
  sent(fake, 'aggregate').flatMap((command) => Object(command['pipeline'])[0]?.$changeStream ?? [])

test('promise 2: a stream resumes from each offset with exactly what came after', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, { tables: ['shop.item'], ...OFF })
  await using flow = await FakeFlow.open(fake, config, 'now')
  await flow.until('the start', () => flow.offsets.length > 0)
  for (const _id of [1, 2, 3]) fake.insert('shop.item', { _id })
  await flow.until('three events', () => flow.seen.length === 3)
  const commits = flow.events.flatMap((event) => (event.type === 'commit' ? [event.offset] : [])).slice(-3)
  const rests = [['insert 2', 'insert 3'], ['insert 3'], []]
  for (const [i, rest] of rests.entries()) {
    await using again = await FakeFlow.open(fake, config, commits[i] ?? expect.fail('no commit'))
    fake.oplog.advance(1)
    fake.noop()
    await again.until(
      'what is left',
      () => again.seen.length >= rest.length && again.events.some(({ type }) => type === 'progress'),
    )
    expect(again.seen).toEqual(rest)
  }
  expect(changeStreams(fake)).toMatchObject([
    { startAtOperationTime: {} },
    { resumeAfter: {} },
    { resumeAfter: {} },
    { resumeAfter: {} },
  ])
})

test('promise 2: a large reply is handed out in parts, in order, and no offset comes before what it covers', async () => {
  await using fake = await fakeMongodb()
  await using flow = await FakeFlow.open(fake, fakeConfig(fake, { tables: ['shop.item'], ...OFF }), 'now')
  await flow.until('the start', () => flow.offsets.length > 0)
  const ids = Array.from({ length: 3000 }, (_, id) => id)
  for (const _id of ids) fake.insert('shop.item', { _id })
  await flow.until('all of them', () => flow.seen.length === ids.length)
  expect(flow.seen).toEqual(ids.map((id) => `insert ${id}`))
  expect(Math.max(...sent(fake, 'getMore').map(({ batchSize }) => Number(batchSize)))).toBeGreaterThan(1000)
  // Of each event its begin and its commit, and after the last one the progress of the batch.
  expect(Math.max(...flow.parts)).toBeLessThanOrEqual(2 * 256 + 1)
  const positions = flow.offsets.map(({ position }) => position)
  const backwards = positions.filter((position, i) => {
    const before = positions[i - 1]
    return before !== undefined && MONGODB_POSITIONS.compare(position, before) !== 'after'
  })
  expect(backwards).toEqual([])
})

test('promise 4: the token of an empty batch moves the position, and an older token does not move it back', async () => {
  await using fake = await fakeMongodb()
  await using flow = await FakeFlow.open(fake, fakeConfig(fake, { tables: ['shop.item'], ...OFF }), 'now')
  await flow.until('the start', () => flow.offsets.length > 0)
  const older = flow.last
  fake.insert('zoo.item', { _id: 1 })
  await flow.until(
    'a position behind foreign writes',
    () => MONGODB_POSITIONS.compare(flow.last.position, older.position) === 'after',
  )
  const reached = flow.offsets.length
  fake.onNext('getMore', reply.token('82634F5A5C000000012B0229296E04'))
  const asked = sent(fake, 'getMore').length
  await flow.until('two more answers', () => sent(fake, 'getMore').length >= asked + 3)
  expect(flow.offsets).toHaveLength(reached)
  fake.insert('shop.item', { _id: 2 })
  await flow.until('the event', () => flow.seen.length > 0)
  expect(flow.seen).toEqual(['insert 2'])
})

test('a stream is opened with its own session, which each getMore has, and closes its cursor', async () => {
  await using fake = await fakeMongodb()
  await using flow = await FakeFlow.open(fake, fakeConfig(fake, { tables: ['shop.*'], ...OFF }), 'now')
  await flow.until('answers', () => sent(fake, 'getMore').length > 2)
  const opening = sent(fake, 'aggregate').find((command) => command['aggregate'] === 1)
  expect(opening).toMatchObject({ $db: 'shop', cursor: { batchSize: 0 }, readConcern: { level: 'majority' } })
  expect(Object(opening?.['pipeline'])[0].$changeStream).toMatchObject({
    fullDocument: 'updateLookup',
    showExpandedEvents: true,
  })
  const sessions = [opening, ...sent(fake, 'getMore')].map((command) => JSON.stringify(command?.['lsid']))
  expect(new Set(sessions).size).toBe(1)
  expect(fake.openCursors).toBe(1)
  await flow[Symbol.asyncDispose]()
  expect(fake.openCursors).toBe(0)
})

test('a stream that was invalidated goes on after that event, once, and so does its offset', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, { tables: ['shop.item'], ...OFF })
  await using flow = await FakeFlow.open(fake, config, 'now')
  await flow.until('the start', () => flow.offsets.length > 0)
  fake.insert('shop.item', { _id: 1 })
  fake.data.drop('shop.item')
  await flow.until('the notice', () => flow.notices.length > 0)
  const after = flow.last
  expect(after.memory).toEqual({ startAfter: true })
  fake.insert('shop.item', { _id: 2 })
  await flow.until('the event after it', () => flow.seen.includes('insert 2'))
  expect(flow.seen).toEqual(['insert 1', 'drop item', 'invalidate', 'insert 2'])
  expect(flow.notices).toMatchObject([
    { code: 'MONGODB_STREAM_INVALIDATED', ledger: expect.stringContaining('startAfter') },
  ])
  expect(flow.last.memory).toEqual({})
  await using again = await FakeFlow.open(fake, config, after)
  await again.until('the event after it', () => again.seen.length > 0)
  expect(again.seen).toEqual(['insert 2'])
})

test('a getMore that runs out of time is asked again for fewer events, from the newest token', async () => {
  await using fake = await fakeMongodb()
  await using flow = await FakeFlow.open(fake, fakeConfig(fake, { tables: ['shop.item'], ...OFF }), 'now')
  await flow.until('the start', () => flow.offsets.length > 0)
  for (const _id of [1, 2, 3, 4, 5, 6, 7, 8]) fake.insert('shop.item', { _id })
  await flow.until('a larger batch', () => sent(fake, 'getMore').some((command) => Number(command['batchSize']) > 1))
  await flow.until('all', () => flow.seen.length === 8)
  const before = Number(sent(fake, 'getMore').at(-1)?.['batchSize'])
  // An older token says nothing new, also about where to go on.
  fake.onNext('getMore', reply.token(pointOf(flow.offsets[2]?.position ?? expect.fail('no offset')).token?.text ?? ''))
  fake.onNext('getMore', reply.error(50))
  await flow.until('a second stream', () => changeStreams(fake).length === 2)
  fake.insert('shop.item', { _id: 9 })
  await flow.until('the last', () => flow.seen.length === 9)
  expect(flow.seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((id) => `insert ${id}`))
  expect(changeStreams(fake)[1]).toHaveProperty('resumeAfter')
  const sizes = sent(fake, 'getMore').map((command) => Number(command['batchSize']))
  expect(sizes).toContain(Math.floor(before / 2))
})

test('promise 2: a start that the server refuses in the middle of a run is passed from there: nothing comes twice', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, { tables: ['shop.item'], ...OFF })
  await using first = await FakeFlow.open(fake, config, 'now')
  await first.until('the start', () => first.offsets.length > 0)
  fake.insert('shop.item', { _id: 0 })
  await first.until('an offset with a token', () => first.seen.length === 1)
  await using flow = await FakeFlow.open(fake, config, first.last)
  const ids = [1, 2, 3, 4, 5, 6, 7, 8]
  for (const _id of ids) fake.insert('shop.item', { _id })
  await flow.until('all', () => flow.seen.length === ids.length)
  await first[Symbol.asyncDispose]()
  fake.onNext('getMore', reply.error(50))
  fake.onNext('getMore', reply.error(280))
  await flow.until('the notice', () => flow.notices.length > 0)
  fake.insert('shop.item', { _id: 9 })
  await flow.until('the last', () => flow.seen.includes('insert 9'))
  expect(flow.seen).toEqual([...ids, 9].map((id) => `insert ${id}`))
  expect(flow.notices).toMatchObject([{ code: 'MONGODB_TOKEN_PASSED' }])
})

test('tokens that foreign writes starve: the error is reported each time, and heartbeats in between free the stream', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, { tables: ['shop.item'], heartbeat: { source: { mode: 'job' } } })
  await using flow = await FakeFlow.open(fake, config, 'now')
  await flow.until('the start', () => flow.offsets.length > 0)
  const start = flow.last
  for (let beat = 1; beat <= 5; beat++) {
    for (let i = 0; i < 80; i++) fake.insert('zoo.item', { _id: `${beat} ${i}` })
    fake.insert('streamkap.streamkap_heartbeat', { _id: beat })
  }
  fake.scanLimit = 100
  await using guarded = await FakeFlow.open(fake, config, start)
  await guarded.until('all beats', () => guarded.seen.length === 5)
  const stored = guarded.last
  for (let i = 0; i < 500; i++) fake.insert('zoo.item', { _id: i })
  const failures = [guarded, flow, await FakeFlow.open(fake, config, stored), await FakeFlow.open(fake, config, stored)]
  for (const each of failures) {
    await using starved = each
    expect(asOffbeatError(await starved.failure())).toMatchObject({ code: 'DATABASE_STATEMENT_ENDED', retry: true })
  }
})

test.each([
  [
    'the server interrupts the cursor (an election)',
    'DATABASE_STOPPING',
    (fake: FakeMongodb) => fake.onNext('getMore', reply.error(11_602)),
  ],
  [
    'the connection breaks',
    'DATABASE_CONNECTION_LOST',
    (fake: FakeMongodb) => fake.onNext('getMore', reply.cut('before')),
  ],
  [
    'the cursor is not known any more',
    'MONGODB_CURSOR_ENDED',
    (fake: FakeMongodb) => fake.onNext('getMore', reply.error(43)),
  ],
  [
    'an error that the server says can be resumed from',
    'MONGODB_CURSOR_ENDED',
    (fake: FakeMongodb) => fake.onNext('getMore', reply.error(9999, { labels: ['ResumableChangeStreamError'] })),
  ],
  [
    'another history error in an open stream',
    'MONGODB_CURSOR_ENDED',
    (fake: FakeMongodb) => fake.onNext('getMore', reply.error(286)),
  ],
  [
    'the position in the oplog was removed',
    'MONGODB_CURSOR_ENDED',
    (fake: FakeMongodb) => fake.onNext('getMore', reply.error(136)),
  ],
])(
  'promise 2: after %s, the error is a transient one, and the stored offset goes on without a gap',
  async (_, code, happen) => {
    await using fake = await fakeMongodb()
    const config = fakeConfig(fake, { tables: ['shop.item'], ...OFF })
    await using flow = await FakeFlow.open(fake, config, 'now')
    await flow.until('the start', () => flow.offsets.length > 0)
    fake.insert('shop.item', { _id: 1 })
    await flow.until('the event', () => flow.seen.length === 1)
    const stored = flow.last
    happen(fake)
    expect(asOffbeatError(await flow.failure())).toMatchObject({ code, retry: true })
    fake.insert('shop.item', { _id: 2 })
    await using again = await FakeFlow.open(fake, config, stored)
    await again.until('the next event', () => again.seen.length > 0)
    expect(again.seen).toEqual(['insert 2'])
  },
)
