import { BSON, type Collection, type MongoClient } from 'mongodb'
import { describe, expect, test } from 'vitest'
import type { ChangeEvent, LogEvent } from '../../src/model/log-event.ts'
import { documentText } from '../support/bson-text.ts'
import { decodeReply, eventLine, streamDecoder } from '../support/change-stream-reply.ts'
import { sharedMongodb } from '../support/mongodb.ts'

/* Raw replies of a real server, decoded and written, and compared with what was stored. */

interface Item {
  _id: number | string
  [field: string]: unknown
}

interface Watched extends AsyncDisposable {
  readonly client: MongoClient
  readonly database: string
  readonly items: Collection<Item>
  /** The log events of what `write` does. The reading ends with the change of the document `_id: 'end'`. */
  readonly during: (write: () => Promise<unknown>, batchSize?: number) => Promise<readonly LogEvent[]>
}

async function watched(): Promise<Watched> {
  const server = await sharedMongodb()
  const client = server.client()
  const database = server.createDatabase()
  const items = await client.db(database).createCollection<Item>('items')
  return {
    client,
    database,
    items,
    during: (write, batchSize = 100) =>
      client.withSession(async (session) => {
        const pipeline = [{ $changeStream: { fullDocument: 'updateLookup' } }]
        const command = { aggregate: 1, pipeline, cursor: { batchSize: 0 } }
        const { cursor } = await client.db(database).command(command, { session, promoteLongs: false })
        await write()
        await items.insertOne({ _id: 'end' })
        const getMore = { getMore: cursor.id, collection: '$cmd.aggregate', batchSize, maxTimeMS: 500 }
        return await readToEnd(database, () => client.db(database).command(getMore, { session, raw: true }))
      }),
    async [Symbol.asyncDispose]() {
      await client.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function readToEnd(database: string, ask: () => Promise<BSON.Document>): Promise<readonly LogEvent[]> {
  const decoder = streamDecoder({ documents: 'canonical', isWatched: (name) => name === database, heartbeat: null })
  const into: LogEvent[] = []
  const isEnd = (event: LogEvent) => event.type === 'change' && eventLine(event).includes('["\\"end\\"" ')
  while (!into.some(isEnd)) {
    const { cursor } = await ask()
    decodeReply(decoder, cursor, into)
  }
  return into
}

function changesOf(events: readonly LogEvent[]): readonly ChangeEvent[] {
  return events.filter((event) => event.type === 'change')
}

const bytes = Buffer.from('00112233445566778899aabbccddeeff', 'hex')
const VALUES = {
  double: new BSON.Double(1),
  negativeZero: new BSON.Double(-0),
  nan: new BSON.Double(Number.NaN),
  infinity: new BSON.Double(Number.NEGATIVE_INFINITY),
  text: 'a "quoted" \\ text\n\u0001 é € 😀',
  empty: '',
  document: { 'with.dot': 1, nested: { deeper: [{}] } },
  array: [1, [2, [3]], null],
  binary: new BSON.Binary(bytes, 0),
  uuid: new BSON.Binary(bytes, 4),
  own: new BSON.Binary(bytes, 128),
  objectId: new BSON.ObjectId(),
  yes: true,
  date: new Date('2012-12-24T12:15:30.501Z'),
  before1970: new Date(-1),
  nothing: null,
  pattern: new BSON.BSONRegExp('^a/"b', 'ix'),
  code: new BSON.Code('f()'),
  scoped: new BSON.Code('f()', { x: 1 }),
  int32: new BSON.Int32(-5),
  timestamp: new BSON.Timestamp({ t: 5, i: 6 }),
  int64: BSON.Long.MAX_VALUE,
  decimal: BSON.Decimal128.fromString('-1.20E+30'),
  minKey: new BSON.MinKey(),
  maxKey: new BSON.MaxKey(),
}

describe('documents of a real server', () => {
  test('values of all types are written as they were stored', async () => {
    await using stage = await watched()
    const { items, during } = stage
    const stored = { _id: 1, ...VALUES }
    const [change] = changesOf(await during(() => items.insertOne(stored)))
    const { bytes: row = Buffer.alloc(0), spans = [] } = change?.after ?? {}
    const text = documentText('canonical', row.subarray(spans[2], spans[3]))
    expect(BSON.serialize(BSON.EJSON.parse(text, { relaxed: false }))).toEqual(BSON.serialize(stored))
  })

  test('changes have the operation, the key and the documents', async () => {
    await using stage = await watched()
    const { database, items, during } = stage
    const events = await during(async () => {
      await items.insertOne({ _id: 'x', a: 1, b: 2 })
      await items.updateOne({ _id: 'x' }, { $set: { a: 3 }, $unset: { b: '' } })
      await items.replaceOne({ _id: 'x' }, { c: 4 })
      await items.deleteOne({ _id: 'x' })
    })
    const [insert, update, replace, remove] = changesOf(events)
    expect([insert, update, replace, remove].map((change) => change?.op)).toEqual(['c', 'u', 'u', 'd'])
    expect(new Set(changesOf(events).map(({ table }) => table)).size).toBe(1)
    expect(insert?.table).toMatchObject({ database, name: 'items', schema: null })
    const updated = update === undefined ? '' : eventLine(update)
    expect(updated).toContain('"removedFields":["b"],"updatedFields":"{\\"a\\":{\\"$numberInt\\":\\"3\\"}}"')
    expect(remove === undefined ? '' : eventLine(remove)).toMatch(/^d .* \["\\"x\\"" \| - \| -\] -> none$/)
    expect(events.filter(({ type }) => type === 'begin').length).toBe(5)
    expect(events.filter(({ type }) => type === 'commit').length).toBe(5)
  })

  test('a transaction is one, also over several replies', async () => {
    await using stage = await watched()
    const { client, items, during } = stage
    const events = await during(async () => {
      await client.withSession((session) =>
        session.withTransaction(async () => {
          for (let id = 1; id <= 5; id++) await items.insertOne({ _id: id }, { session })
        }),
      )
    }, 2)
    const shape = events.map((event) => (event.type === 'change' ? event.position[1] : event.type))
    expect(shape).toEqual(['begin', 1, 2, 3, 4, 5, 'commit', 'begin', 1, 'commit'])
    expect(events[0]).toMatchObject({ transaction: expect.stringMatching(/^[0-9a-f-]{36}:\d+$/) })
  })

  test('a collection that is dropped and renamed is reported', async () => {
    await using stage = await watched()
    const { client, database, during } = stage
    const events = await during(async () => {
      const db = client.db(database)
      await db.collection('other').insertOne({ a: 1 })
      await db.renameCollection('other', 'another')
      await db.dropCollection('another')
    })
    const notices = events.flatMap((event) => (event.type === 'notice' ? [event] : []))
    expect(notices.map(({ code, details }) => [code, details])).toEqual([
      [
        'MONGODB_COLLECTION_CHANGED',
        { operation: 'rename', collection: `${database}.other`, renamedTo: `${database}.another` },
      ],
      ['MONGODB_COLLECTION_CHANGED', { operation: 'drop', collection: `${database}.another` }],
    ])
  })
})
