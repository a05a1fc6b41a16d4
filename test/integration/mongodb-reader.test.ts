import { expect, test } from 'vitest'
import { asOffbeatError } from '../../src/model/error.ts'
import type { LogEvent } from '../../src/model/log-event.ts'
import type { Offset } from '../../src/model/offset.ts'
import { type MongodbConfig, mongodbConfig } from '../../src/sources/mongodb/config.ts'
import { openReader } from '../../src/sources/mongodb/read/reader.ts'
import { explainScope } from '../../src/sources/mongodb/tables/stream-scope.ts'
import {
  type MongodbServer,
  mongodbMissing,
  ownMongodbMissing,
  sharedMongodb,
  startMongodb,
} from '../support/mongodb.ts'
import { Reading, readingContext } from '../support/reading.ts'

const absent = mongodbMissing() !== null
const noneOwn = ownMongodbMissing() !== null

function configOf(server: MongodbServer, entry: Readonly<Record<string, unknown>>): MongodbConfig {
  return mongodbConfig.parse({
    kind: 'mongodb',
    url: server.url(''),
    tls: { mode: 'disable' },
    heartbeat: { interval: '200ms', source: 'off' },
    ...entry,
  })
}

async function read(config: MongodbConfig, from: Offset | 'now'): Promise<Reading> {
  return new Reading(await openReader(config, readingContext), from, 'none')
}

/** The collections of the changes, in order. */
function changed(events: readonly LogEvent[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'change' ? [event.table.name] : []))
}

test.skipIf(absent)('each scope of a stream delivers exactly what the patterns watch', async () => {
  await using server = await sharedMongodb()
  await using client = server.client()
  const [one, other] = [server.createDatabase(), server.createDatabase()]
  const cases: readonly (readonly [readonly string[], readonly string[], RegExp, readonly string[]])[] = [
    [[`${one}.orders`], [], /only the collection/, ['orders']],
    [[`${one}.orders`, `${one}.or*_2`], [], /the database/, ['orders', 'orders_2']],
    [[`${one}.*`], [`${one}.orders`, `${other}.*`], /the database/, ['orders_2', 'items']],
    [[`${one}.orders`, `${other}.it*`], [], /the whole cluster/, ['orders', 'items']],
    [[`${one.slice(0, -1)}*.items`, `${other}.orders`], [], /the whole cluster/, ['items', 'orders']],
  ]
  await using readings = new AsyncDisposableStack()
  const all: Reading[] = []
  for (const [tables, exclude, scope] of cases) {
    const config = configOf(server, { tables, exclude })
    expect(explainScope(config)).toMatch(scope)
    const reading = readings.use(await read(config, 'now'))
    await reading.firstOffset()
    all.push(reading)
  }
  for (const name of ['orders', 'orders_2', 'items']) await client.db(one).collection(name).insertOne({})
  for (const name of ['items', 'orders']) await client.db(other).collection(name).insertOne({})
  const wanted = cases.map(([, , , names]) => names)
  for (const [i, reading] of all.entries())
    await reading.until(`the rows of ${wanted[i]}`, () => changed(reading.events).length >= (wanted[i]?.length ?? 0))
  // What the last stream has after this was not meant for the others either.
  await client.db(one).collection('orders').insertOne({})
  await all[0]?.until('one more row', () => changed(all[0]?.events ?? []).length > 1)
  expect(changed(all[0]?.events ?? [])).toEqual(['orders', 'orders'])
  expect(all.slice(1).map(({ events }) => changed(events).slice(0, 2))).toEqual(wanted.slice(1))
})

test.skipIf(absent)(
  'a collection that is dropped and created again is read on, and so it is after a restart in between',
  async () => {
    await using server = await sharedMongodb()
    await using client = server.client()
    const database = server.createDatabase()
    const item = client.db(database).collection<{ _id: number }>('item')
    const config = configOf(server, { tables: [`${database}.item`] })
    let dropped: Offset
    {
      await using reading = await read(config, 'now')
      await reading.firstOffset()
      await item.insertOne({ _id: 1 })
      await item.drop()
      await reading.until('the notice', () => reading.notices.some(({ code }) => code === 'MONGODB_STREAM_INVALIDATED'))
      expect(reading.notices).toContainEqual(
        expect.objectContaining({
          code: 'MONGODB_COLLECTION_CHANGED',
          details: expect.objectContaining({ operation: 'drop', collection: `${database}.item` }),
        }),
      )
      dropped =
        reading.events
          .flatMap((event) => (event.type === 'progress' ? [event.offset] : []))
          .find(({ memory }) => memory['startAfter'] === true) ?? expect.fail('no offset')
      await item.insertOne({ _id: 2 })
      await reading.until('the next row', () => reading.ids.length > 1)
      expect(reading.ids).toEqual([1, 2])
    }
    await using again = await read(config, dropped)
    await again.until('the next row', () => again.ids.length > 0)
    expect(again.ids).toEqual([2])
  },
)

test.skipIf(absent)(
  'a collection that made the last event and was dropped meanwhile does not stop the next start',
  async () => {
    await using server = await sharedMongodb()
    await using client = server.client()
    const database = server.createDatabase()
    const [gone, kept] = ['gone', 'kept'].map((name) => client.db(database).collection<{ _id: number }>(name))
    const config = configOf(server, { tables: [`${database}.*`] })
    let stored: Offset
    {
      await using reading = await read(config, 'now')
      await reading.firstOffset()
      await gone?.insertOne({ _id: 1 })
      await reading.until('the row', () => reading.commits.length > 0)
      stored = reading.commits[0]?.offset ?? expect.fail('no commit')
    }
    await gone?.drop()
    await kept?.insertOne({ _id: 2 })
    await using again = await read(config, stored)
    await again.until('the next row', () => again.ids.length > 0)
    expect(again.ids).toEqual([2])
  },
)

test.skipIf(noneOwn)(
  'promise 2: after the server was killed and started again, the stored offset goes on without a gap',
  async () => {
    await using server = await startMongodb()
    const add = async (...ids: readonly number[]): Promise<void> => {
      await using client = server.client()
      for (const _id of ids) await client.db('shop').collection<{ _id: number }>('item').insertOne({ _id })
    }
    const config = configOf(server, { tables: ['shop.item'] })
    let stored: Offset
    {
      await using reading = await read(config, 'now')
      await reading.firstOffset()
      await add(1, 2)
      await reading.until('two rows', () => reading.commits.length === 2)
      stored = reading.commits[0]?.offset ?? expect.fail('no commit')
      await server.kill()
      expect(asOffbeatError(await reading.failure())).toMatchObject({ kind: 'transient', retry: true })
    }
    await server.start()
    await add(3)
    await using again = await read(config, stored)
    await again.until('the rest', () => again.ids.length >= 2)
    expect(again.ids).toEqual([2, 3])
  },
)
