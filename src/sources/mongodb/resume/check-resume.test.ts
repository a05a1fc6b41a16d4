import { expect, test } from 'vitest'
import { type FakeMongodb, fakeMongodb } from '../../../../test/support/mongodb-fake/fake-mongodb.ts'
import { reply } from '../../../../test/support/mongodb-fake/fault.ts'
import { connectToFake, FakeFlow, fakeConfig } from '../../../../test/support/mongodb-flow.ts'
import { asOffbeatError } from '../../../model/error.ts'
import type { Resume } from '../../../model/log-state.ts'
import type { Offset } from '../../../model/offset.ts'
import type { MongodbConfig } from '../config.ts'
import { MONGODB_POSITIONS, pointOf, streamPosition } from '../position/position.ts'
import { checkResume } from './check-resume.ts'

const UNAUTHORIZED = { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized' }
const never = new AbortController().signal
const OFF = { heartbeat: { source: 'off' } }
const WHOLE = { tables: ['shop.item', 'zoo.item'], ...OFF }
const SHOP = { tables: ['shop.item'], ...OFF }

async function check(fake: FakeMongodb, config: MongodbConfig, offset: Offset): Promise<Resume> {
  await using connection = await connectToFake(fake, config)
  return (await checkResume(connection, { config, source: 'shop', offset }, never)).resume
}

/** What the reader does with the offset: its error, and what it was given before. */
async function failureFrom(fake: FakeMongodb, config: MongodbConfig, offset: Offset) {
  await using flow = await FakeFlow.open(fake, config, offset)
  const error = asOffbeatError(await flow.failure())
  expect(flow.events).toEqual([])
  return error
}

/** Returns the offsets after the events of what `write` writes, which are `count`. */
async function offsetsAfter(
  fake: FakeMongodb,
  config: MongodbConfig,
  write: () => void,
  count: number,
): Promise<readonly Offset[]> {
  await using flow = await FakeFlow.open(fake, config, 'now')
  await flow.until('the start', () => flow.offsets.length > 0)
  write()
  await flow.until('the events', () => flow.seen.length === count)
  return flow.events.flatMap((event) => (event.type === 'commit' ? [event.offset] : [])).slice(-count)
}

async function offsetAfter(fake: FakeMongodb, config: MongodbConfig, write: () => void): Promise<Offset> {
  const [offset] = await offsetsAfter(fake, config, write, 1)
  return offset ?? expect.fail('no offset')
}

const opened = (fake: FakeMongodb) =>
  fake.received
    .filter(({ name }) => name === 'aggregate')
    .flatMap(({ command }) => Object(command['pipeline'])[0]?.$changeStream ?? [])

/** A transaction whose second event only `WHOLE` contains. */
function writeToBoth(fake: FakeMongodb): void {
  fake.transaction(() => {
    fake.insert('shop.item', { _id: 1 })
    fake.insert('zoo.item', { _id: 2 })
    fake.insert('shop.item', { _id: 3 })
  })
}

test('an offset can be resumed from: a second stream is opened there, asked once and closed', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, SHOP)
  const offset = await offsetAfter(fake, config, () => fake.insert('shop.item', { _id: 1 }))
  const before = opened(fake).length
  expect(await check(fake, config, offset)).toMatchObject({ can: 'yes', as: 'same server' })
  expect(opened(fake)).toHaveLength(before + 1)
  expect(fake.openCursors).toBe(0)
})

test('promise 9: after the oplog was cut, the offset is lost, with the first entry and the window as evidence', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, SHOP)
  const offset = await offsetAfter(fake, config, () => fake.insert('shop.item', { _id: 1 }))
  fake.oplog.advance(100)
  fake.insert('shop.item', { _id: 2 })
  fake.trimOplogBefore(fake.time)
  const resume = await check(fake, config, offset)
  expect(resume).toMatchObject({ can: 'no', code: 'MONGODB_OPLOG_LOST', stop: false })
  const error = await failureFrom(fake, config, offset)
  expect(error).toMatchObject({ code: 'MONGODB_OPLOG_LOST', kind: 'lost position' })
  const evidence = Object.fromEntries(error.loss?.evidence.map(({ name, value }) => [name, value]) ?? [])
  expect(evidence).toMatchObject({ replicaSet: 'fake', oplog: expect.stringMatching(/first entry .* last/) })
  const { firstEntry } = error.details
  expect(error.loss?.choices.map(({ run }) => run[0]?.text)).toEqual([
    `offbeat offsets set shop ${firstEntry}`,
    'offbeat offsets reset shop',
  ])
  expect(error.loss?.choices[0]?.cost).toContain('the first entry will have moved on')
  expect(error.loss?.missing).toMatchObject({
    until: firstEntry,
    sinceMs: pointOf(offset.position).time.seconds * 1000,
  })
  expect(error.loss?.missing.words).toContain(MONGODB_POSITIONS.short(offset.position))
})

test('promise 9: a time before the first entry is lost too, as far as the oplog can be read', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, SHOP)
  const offset = await offsetAfter(fake, config, () => fake.insert('shop.item', { _id: 1 }))
  const { time } = pointOf(offset.position)
  const early = {
    ...offset,
    position: streamPosition({ time: { ...time, seconds: time.seconds - 1000 }, token: null }),
  }
  expect(await check(fake, config, early)).toMatchObject({ can: 'no', code: 'MONGODB_OPLOG_LOST' })
})

test('promise 3: a token whose event `tables` no longer contains is passed, with every event after it, also of the same time', async () => {
  await using fake = await fakeMongodb()
  const whole = fakeConfig(fake, WHOLE)
  const [, second] = await offsetsAfter(fake, whole, () => writeToBoth(fake), 3)
  const offset = second ?? expect.fail('no offset')
  fake.insert('shop.item', { _id: 4 })
  const config = fakeConfig(fake, SHOP)
  expect(await check(fake, config, offset)).toMatchObject({
    can: 'yes',
    why: expect.stringContaining('stream without a filter'),
  })
  await using flow = await FakeFlow.open(fake, config, offset)
  await flow.until('the rest', () => flow.seen.includes('insert 4'))
  expect(flow.seen).toEqual(['insert 3', 'insert 4'])
  expect(flow.notices).toMatchObject([
    { code: 'MONGODB_TOKEN_PASSED', ledger: expect.stringContaining('neither lost nor repeated') },
  ])
  await using again = await FakeFlow.open(fake, config, flow.last)
  fake.insert('shop.item', { _id: 5 })
  await again.until('the next', () => again.seen.length > 0)
  expect(again.seen).toEqual(['insert 5'])
})

test('a token that no stream contains is lost, and is not asked for again and again', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, SHOP)
  const offset = await offsetAfter(fake, config, () => fake.insert('shop.item', { _id: 1 }))
  const { time, token } = pointOf(offset.position)
  const strange = MONGODB_POSITIONS.parse(
    `${time.seconds}.${time.increment}/${token?.text.replace(/5A1004.{4}/, '5A1004FFFF')}`,
  )
  const lost = { ...offset, position: strange }
  // The oplog has an entry of that time, of another collection.
  expect(await check(fake, config, lost)).toMatchObject({ can: 'no', code: 'MONGODB_TOKEN_LOST' })
  const before = opened(fake).length
  const error = await failureFrom(fake, config, lost)
  expect(error).toMatchObject({ code: 'MONGODB_TOKEN_LOST', kind: 'lost position' })
  expect(error.loss?.choices[0]?.run[0]?.text).toBe(`offbeat offsets set shop ${time.seconds}.${time.increment}`)
  expect(opened(fake).length - before).toBe(3)
})

test('promise 9: a token that the entry of its time and collection proves is passed where no stream without a filter may be opened', async () => {
  await using fake = await fakeMongodb()
  const whole = fakeConfig(fake, WHOLE)
  const [, ofTransaction] = await offsetsAfter(fake, whole, () => writeToBoth(fake), 3)
  const alone = await offsetAfter(fake, whole, () => fake.insert('zoo.item', { _id: 4 }))
  const config = fakeConfig(fake, SHOP)
  fake.answer('aggregate', ({ pipeline }) => {
    const [{ $changeStream: stream = {} } = {}] = Object(pipeline)
    return stream.allChangesForCluster === true ? UNAUTHORIZED : null
  })
  for (const offset of [ofTransaction, alone])
    expect(await check(fake, config, offset ?? expect.fail('no offset'))).toMatchObject({
      can: 'yes',
      why: expect.stringContaining('the entry of its time and its collection in local.oplog.rs'),
    })
})

test('a token without an order of its own is not passed: what is at its time cannot be told from what was delivered', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, SHOP)
  const offset = await offsetAfter(fake, config, () => fake.insert('shop.item', { _id: 1 }))
  const { time } = pointOf(offset.position)
  const position = MONGODB_POSITIONS.parse(`${time.seconds}.${time.increment}/0102`)
  // The first one asks for the size of the oplog.
  for (const code of [59, 280]) fake.onNext('aggregate', reply.error(code))
  expect(await check(fake, config, { ...offset, position })).toMatchObject({ can: 'no', code: 'MONGODB_TOKEN_LOST' })
})

test('a token that is not one of this server is refused with the time to go on from', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, SHOP)
  const offset = await offsetAfter(fake, config, () => fake.insert('shop.item', { _id: 1 }))
  const { time } = pointOf(offset.position)
  const strange = { ...offset, position: MONGODB_POSITIONS.parse(`${time.seconds}.${time.increment}/0102`) }
  expect(await check(fake, config, strange)).toMatchObject({ can: 'no', code: 'MONGODB_TOKEN_INVALID' })
  const error = await failureFrom(fake, config, strange)
  expect(error).toMatchObject({ code: 'MONGODB_TOKEN_INVALID', retry: false })
  expect(error.fix.at(-1)?.text).toBe(`offbeat offsets set shop ${time.seconds}.${time.increment}`)
})

test('promise 9: the log of another set of the same name is not read, whatever its times', async () => {
  await using fake = await fakeMongodb()
  await using other = await fakeMongodb()
  const offset = await offsetAfter(fake, fakeConfig(fake, SHOP), () => fake.insert('shop.item', { _id: 1 }))
  other.oplog.advance(100)
  other.noop()
  const resume = await check(other, fakeConfig(other, SHOP), offset)
  expect(resume).toMatchObject({ can: 'no', code: 'DATABASE_OTHER_SERVER' })
})

test('promise 9: a primary that has nothing as late as the offset was restored, or is another one', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, SHOP)
  const offset = await offsetAfter(fake, config, () => fake.insert('shop.item', { _id: 1 }))
  const { time, token } = pointOf(offset.position)
  const late = { ...offset, position: streamPosition({ time: { ...time, seconds: time.seconds + 100 }, token }) }
  expect(await check(fake, config, late)).toMatchObject({ can: 'no', code: 'OFFSET_BEYOND_LOG' })
})

test('after an election, the set is the same one', async () => {
  await using fake = await fakeMongodb({ nodes: 2 })
  const config = fakeConfig(fake, SHOP)
  const offset = await offsetAfter(fake, config, () => fake.insert('shop.item', { _id: 1 }))
  fake.elect(1)
  expect(await check(fake, config, offset)).toMatchObject({ can: 'yes', as: 'same server' })
})

test('an error that passes by itself fails the check, and says nothing about the offset', async () => {
  await using fake = await fakeMongodb()
  const config = fakeConfig(fake, SHOP)
  const offset = await offsetAfter(fake, config, () => fake.insert('shop.item', { _id: 1 }))
  fake.onNext('getMore', reply.error(11_602))
  await expect(check(fake, config, offset)).rejects.toMatchObject({ code: 'DATABASE_STOPPING', retry: true })
})
