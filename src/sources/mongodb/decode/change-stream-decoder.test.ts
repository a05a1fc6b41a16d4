import { BSON } from 'mongodb'
import { describe, expect, test } from 'vitest'
import {
  changeEvent,
  cursorReply,
  decodeReply,
  eventLine,
  type Reply,
  streamDecoder,
  tokenOf,
} from '../../../../test/support/change-stream-reply.ts'
import type { LogEvent } from '../../../model/log-event.ts'
import { makeNonce } from '../../../model/nonce.ts'
import type { ChangeStreamDecoder } from './change-stream-decoder.ts'

const ORDERS = { db: 'shop', coll: 'orders' }
const lsid = { id: new BSON.UUID('01234567-89ab-cdef-0123-456789abcdef'), uid: new BSON.Binary(Buffer.alloc(32)) }
const IN_TRANSACTION = { lsid, txnNumber: BSON.Long.fromNumber(5) }
const HEARTBEAT = { db: 'streamkap', coll: 'streamkap_heartbeat' }

function decoded(decoder: ChangeStreamDecoder, reply: Reply): string[] {
  const events: LogEvent[] = []
  decodeReply(decoder, cursorReply(reply), events)
  return events.map(eventLine)
}

/** The lines of changes, pulses and notices of a stream with this one event. */
function contentOf(fields: BSON.Document, decoder = streamDecoder()): string[] {
  const lines = decoded(decoder, { events: [changeEvent({ seconds: 10, fields })] })
  return lines.filter((line) => !/^(begin|commit) /.test(line))
}

function insertOf(id: number, extra: BSON.Document = {}): BSON.Document {
  return { operationType: 'insert', ns: ORDERS, documentKey: { _id: id }, fullDocument: { _id: id }, ...extra }
}

describe('changes', () => {
  test('an insert has its document', () => {
    const fields = insertOf(1, { fullDocument: { _id: 1, total: BSON.Long.fromNumber(5) } })
    const text = JSON.stringify('{"_id": 1,"total": {"$numberLong": "5"}}')
    expect(contentOf(fields)).toEqual([`c shop.orders 10.1/1 none -> ["1" | ${text} | -]`])
  })

  test('an update has what changed, and the document if the event has it', () => {
    const fields = {
      operationType: 'update',
      ns: ORDERS,
      documentKey: { region: 'eu', _id: 1 },
      updateDescription: { updatedFields: { a: 2 }, removedFields: ['b'], truncatedArrays: [] },
    }
    const update = '{"removedFields":["b"],"updatedFields":"{\\"a\\": 2}","truncatedArrays":null}'
    expect(contentOf(fields)).toEqual([`u shop.orders 10.1/1 none -> ["1" | - | ${update}]`])
    expect(contentOf({ ...fields, fullDocument: null })).toEqual([`u shop.orders 10.1/1 none -> ["1" | - | ${update}]`])
    const before = { _id: 1, a: 1, b: 1 }
    expect(contentOf({ ...fields, fullDocument: { _id: 1, a: 2 }, fullDocumentBeforeChange: before })).toEqual([
      `u shop.orders 10.1/1 ["1" | "{\\"_id\\": 1,\\"a\\": 1,\\"b\\": 1}" | -] -> ["1" | "{\\"_id\\": 1,\\"a\\": 2}" | ${update}]`,
    ])
  })

  test('a replacement is an update', () => {
    const fields = insertOf(1, { operationType: 'replace', fullDocument: { _id: 1, a: 2 } })
    expect(contentOf(fields)).toEqual(['u shop.orders 10.1/1 none -> ["1" | "{\\"_id\\": 1,\\"a\\": 2}" | -]'])
  })

  test('the key is the _id alone, wherever it is among the fields of a shard key', () => {
    const fields = { operationType: 'delete', ns: ORDERS }
    for (const documentKey of [
      { _id: 1, region: 'eu' },
      { region: 'eu', _id: 1 },
      { a: 1, _id: 1, b: 2 },
    ]) {
      expect(contentOf({ ...fields, documentKey })).toEqual(['d shop.orders 10.1/1 ["1" | - | -] -> none'])
    }
  })

  test('a delete has the key, and the document before it if the event has it', () => {
    const fields = { operationType: 'delete', ns: ORDERS, documentKey: { _id: 'x' } }
    expect(contentOf(fields)).toEqual(['d shop.orders 10.1/1 ["\\"x\\"" | - | -] -> none'])
    expect(contentOf({ ...fields, fullDocumentBeforeChange: { _id: 'x', a: 1 } })).toEqual([
      'd shop.orders 10.1/1 ["\\"x\\"" | "{\\"_id\\": \\"x\\",\\"a\\": 1}" | -] -> none',
    ])
  })

  test('each collection has one table, in whatever order its name is written', () => {
    const events = [ORDERS, { db: 'shop', coll: 'stock' }, ORDERS, { coll: 'orders', db: 'shop' }].map((ns, i) =>
      changeEvent({ seconds: 10 + i, fields: insertOf(1, { ns }) }),
    )
    const into: LogEvent[] = []
    decodeReply(streamDecoder(), cursorReply({ events }), into)
    const tables = into.flatMap((event) => (event.type === 'change' ? [event.table] : []))
    expect(tables.map(({ name }) => name)).toEqual(['orders', 'stock', 'orders', 'orders'])
    expect(new Set(tables).size).toBe(2)
  })

  test('a collection that is not watched is passed', () => {
    const events = [changeEvent({ seconds: 10, fields: insertOf(1, { ns: { db: 'other', coll: 'orders' } }) })]
    expect(decoded(streamDecoder(), { events })).toEqual([])
  })
})

describe('times and tokens', () => {
  test('the time of the commit is the wall time, or that of the cluster', () => {
    const [begin] = decoded(streamDecoder(), { events: [changeEvent({ seconds: 10, fields: insertOf(1) })] })
    expect(begin).toBe(`begin 10.1/${tokenOf(10)} at 10000`)
    const wallTime = new Date(10_123)
    const [other] = decoded(streamDecoder(), {
      events: [changeEvent({ seconds: 10, fields: insertOf(1, { wallTime }) })],
    })
    expect(other).toBe(`begin 10.1/${tokenOf(10)} at 10123`)
  })

  test('an event without a time has that of its token, or of the event before it', () => {
    const { clusterTime: _, ...late } = changeEvent({ seconds: 12, fields: insertOf(1) })
    expect(decoded(streamDecoder(), { events: [late] })[1]).toMatch(/^c shop.orders 12\.1\/1 /)
    expect(decoded(streamDecoder(), { events: [{ ...late, _id: { other: 1 } }] })[1]).toMatch(/^c shop.orders 1\.0\/1 /)
  })

  test('a token of another form is kept whole', () => {
    const event = changeEvent({ seconds: 10, fields: insertOf(1) })
    const _id = { _data: new BSON.Binary(Buffer.from([1, 2])), more: 1 }
    const text = '{"_data":{"$binary":{"base64":"AQI=","subType":"00"}},"more":{"$numberInt":"1"}}'
    expect(decoded(streamDecoder(), { events: [{ ...event, _id }] }).at(-1)).toBe(`commit 10.1/${text}`)
  })
})

test('a wall time that is no date of JavaScript is not the time of the commit', () => {
  const event = Buffer.from(
    BSON.serialize(changeEvent({ seconds: 10, fields: insertOf(1, { wallTime: new Date(1) }) })),
  )
  event[event.indexOf('wallTime') + 16] = 0x7f
  const into: LogEvent[] = []
  streamDecoder().decode(event, 0, into)
  expect(into.map(eventLine)[0]).toBe(`begin 10.1/${tokenOf(10)} at 10000`)
})

describe('transactions', () => {
  test('events of one session and number are one, and its name is both', () => {
    const events = [1, 2].map((id) => changeEvent({ seconds: 10, rest: id, fields: insertOf(id, IN_TRANSACTION) }))
    const decoder = streamDecoder()
    const name = '01234567-89ab-cdef-0123-456789abcdef:5'
    expect(decoded(decoder, { events, token: { _data: tokenOf(10, 1, 2) } })).toEqual([
      `begin ${name} at 10000`,
      'c shop.orders 10.1/1 none -> ["1" | "{\\"_id\\": 1}" | -]',
      'c shop.orders 10.1/2 none -> ["2" | "{\\"_id\\": 2}" | -]',
    ])
    expect(decoder.isOpen).toBe(true)
    expect(decoded(decoder, { token: { _data: tokenOf(10, 1, 2) } })).toEqual([`commit 10.1/${tokenOf(10, 1, 2)}`])
    expect(decoder.isOpen).toBe(false)
  })

  test('a post-batch token of mongod with a later time ends it, and one of another form does not', () => {
    // {s: 9, t: Timestamp(7, 1795992413), ...}, whose time can be later than that of events to come.
    const other =
      '3b00000010730009000000117400070000005dab0c6b026e001500000061646d696e2e24636d642e61676772656761746500036b00050000000000'
    for (const [data, ends] of [[tokenOf(11), true] as const, [other, false] as const]) {
      const decoder = streamDecoder()
      const events = [changeEvent({ seconds: 10, fields: insertOf(1, IN_TRANSACTION) })]
      expect(
        decoded(decoder, { events, token: { _data: data } })
          .at(-1)
          ?.startsWith('commit'),
      ).toBe(ends)
      expect(decoder.isOpen).toBe(!ends)
    }
  })

  test('a session without a transaction number is no transaction', () => {
    expect(decoded(streamDecoder(), { events: [changeEvent({ seconds: 10, fields: insertOf(1, { lsid }) })] })[0]).toBe(
      `begin 10.1/${tokenOf(10)} at 10000`,
    )
  })
})

describe('heartbeats', () => {
  const nonce = makeNonce('shop', '1')
  const beat = (fields: BSON.Document) => ({ ns: HEARTBEAT, documentKey: { _id: 1 }, ...fields })
  const updated = (updatedFields: BSON.Document) =>
    beat({ operationType: 'update', fullDocument: { _id: 1, text: 'newer' }, updateDescription: { updatedFields } })

  test.each([
    ['an update', updated({ text: nonce }), nonce],
    ['an update of a job, which keeps the text', updated({ last_update: 1 }), null],
    ['an update with the nonce of another source', updated({ text: makeNonce('other', '1') }), null],
    ['an update whose text is a number', updated({ text: 1 }), null],
    ['an update without a description', beat({ operationType: 'update' }), null],
    ['an insert', beat({ operationType: 'insert', fullDocument: { _id: 1, text: nonce } }), nonce],
    ['a replacement', beat({ operationType: 'replace', fullDocument: { _id: 1, text: nonce } }), nonce],
  ])('%s is a pulse', (_what, fields, expected) => {
    expect(contentOf(fields)).toEqual([`pulse ${expected} at 10000`])
  })

  test('a delete is none', () => {
    expect(contentOf(beat({ operationType: 'delete' }))).toEqual([])
  })

  test('its changes are delivered too if that is wanted', () => {
    const heartbeat = { database: HEARTBEAT.db, name: HEARTBEAT.coll, deliver: true }
    const insert = beat({ operationType: 'insert', fullDocument: { _id: 1 } })
    expect(contentOf(insert, streamDecoder({ heartbeat }))).toEqual([
      'c streamkap.streamkap_heartbeat 10.1/1 none -> ["1" | "{\\"_id\\": 1}" | -]',
      'pulse null at 10000',
    ])
    expect(contentOf(insert, streamDecoder({ heartbeat: null }))).toEqual([])
  })
})

describe('other events', () => {
  test.each([
    ['drop', { ns: ORDERS }, '{"operation":"drop","collection":"shop.orders"}'],
    ['dropDatabase', { ns: { db: 'shop' } }, '{"operation":"dropDatabase","collection":"shop"}'],
    [
      'rename',
      { ns: { db: 'other', coll: 'a' }, to: ORDERS },
      '{"operation":"rename","collection":"other.a","renamedTo":"shop.orders"}',
    ],
    ['create', { ns: ORDERS }, '{"operation":"create","collection":"shop.orders"}'],
    ['modify', { ns: HEARTBEAT }, '{"operation":"modify","collection":"streamkap.streamkap_heartbeat"}'],
  ])('%s of a watched collection is reported', (operationType, fields, details) => {
    expect(contentOf({ operationType, ...fields })).toEqual([`notice MONGODB_COLLECTION_CHANGED ${details}`])
  })

  test('the notice says what happened to which collection', () => {
    const decoder = streamDecoder()
    const into: LogEvent[] = []
    const renamed = { operationType: 'rename', ns: ORDERS, to: { db: 'shop', coll: 'old' } }
    for (const fields of [renamed, { operationType: 'dropDatabase', ns: { db: 'shop' } }])
      decodeReply(decoder, cursorReply({ events: [changeEvent({ seconds: 10, fields })] }), into)
    expect(into.flatMap((event) => (event.type === 'notice' ? [event.message] : []))).toEqual([
      'The collection shop.orders was renamed to shop.old.',
      'The database shop was dropped, with all its collections.',
    ])
  })

  test("the heartbeat collection's own creation is not reported", () => {
    expect(contentOf({ operationType: 'create', ns: HEARTBEAT })).toEqual([])
  })

  test.each(['drop', 'createIndexes', 'migrateChunkToNewShard'])(
    '%s of another collection only moves on',
    (operationType) => {
      const events = [changeEvent({ seconds: 10, fields: { operationType, ns: { db: 'other', coll: 'a' } } })]
      expect(decoded(streamDecoder(), { events })).toEqual([])
    },
  )

  test('a type that is not known is reported once, and the stream goes on', () => {
    const events = [1, 2].map((rest) =>
      changeEvent({ seconds: 10, rest, fields: { operationType: 'novelty', ns: ORDERS } }),
    )
    expect(decoded(streamDecoder(), { events })).toEqual([
      'notice MONGODB_OPERATION_UNKNOWN {"operation":"novelty","at":"10.1"}',
    ])
  })

  test('an invalidate adds nothing but the end of an open transaction', () => {
    const decoder = streamDecoder()
    decoded(decoder, { events: [changeEvent({ seconds: 10, fields: insertOf(1, IN_TRANSACTION) })] })
    const events = [changeEvent({ seconds: 11, fields: { operationType: 'invalidate' } })]
    expect(decoded(decoder, { events, cursorId: 0n })).toEqual([`commit 10.1/${tokenOf(10)}`])
    expect(decoder.isOpen).toBe(false)
  })
})

describe('events in fragments', () => {
  const { operationType, ns, documentKey, fullDocument } = insertOf(1, { fullDocument: { _id: 1, a: 'x' } })
  const fragment = (number: number, of: number, fields: BSON.Document) =>
    ({
      _id: { _data: tokenOf(10, 1, number) },
      splitEvent: { fragment: number, of },
      ...fields,
    }) satisfies BSON.Document
  const parts = [
    fragment(1, 3, { operationType, clusterTime: new BSON.Timestamp({ t: 10, i: 1 }), ns }),
    fragment(2, 3, { documentKey }),
    fragment(3, 3, { fullDocument }),
  ]
  const whole = [
    `begin 10.1/${tokenOf(10, 1, 3)} at 10000`,
    'c shop.orders 10.1/1 none -> ["1" | "{\\"_id\\": 1,\\"a\\": \\"x\\"}" | -]',
    `commit 10.1/${tokenOf(10, 1, 3)}`,
  ]

  test('are one event with the last token', () => {
    expect(decoded(streamDecoder(), { events: parts })).toEqual(whole)
  })

  test('are put together over several replies, and no offset rests between them', () => {
    const decoder = streamDecoder()
    for (const [i, part] of parts.slice(0, 2).entries()) {
      expect(decoded(decoder, { events: [part], token: { _data: tokenOf(10, 1, i + 1) } })).toEqual([])
      expect(decoder.isOpen).toBe(true)
      // A reply without events cannot come here, but would change nothing.
      expect(decoded(decoder, { token: { _data: tokenOf(10, 1, i + 1) } })).toEqual([])
    }
    const token = { _data: tokenOf(10, 1, 3) }
    expect(decoded(decoder, { events: parts.slice(2), token })).toEqual(whole)
    expect(decoder.isOpen).toBe(false)
  })

  test('are copied out of the reply', () => {
    const decoder = streamDecoder()
    const first = cursorReply({ events: parts.slice(0, 2) })
    decodeReply(decoder, first, [])
    first.fill(0)
    expect(decoded(decoder, { events: parts.slice(2) })).toEqual(whole)
  })

  test('can be a single one', () => {
    const only = { ...changeEvent({ seconds: 10, fields: insertOf(1) }), splitEvent: { fragment: 1, of: 1 } }
    expect(decoded(streamDecoder(), { events: [only] })[1]).toBe(
      'c shop.orders 10.1/1 none -> ["1" | "{\\"_id\\": 1}" | -]',
    )
  })

  test('leave the transaction open that they belong to', () => {
    const decoder = streamDecoder()
    const first = changeEvent({ seconds: 10, fields: insertOf(1, IN_TRANSACTION) })
    const [a, b, c] = parts
    expect(decoded(decoder, { events: [first, a ?? {}] })).toHaveLength(2)
    expect(decoded(decoder, {})).toEqual([])
    const rest = [b ?? {}, { ...c, ...IN_TRANSACTION }]
    expect(decoded(decoder, { events: rest }).map((line) => line.slice(0, 20))).toEqual(['c shop.orders 10.1/2'])
  })

  test.each([
    ['begin with the second', [parts[1]]],
    ['leave out the second', [parts[0], parts[2]]],
    ['come twice', [parts[0], parts[0]]],
    ['change their number', [parts[0], fragment(2, 4, {})]],
    ['are interrupted', [parts[0], changeEvent({ seconds: 11, fields: insertOf(2) })]],
    ['are more than they say', [fragment(2, 1, {})]],
  ])('that %s are refused', (_what, events) => {
    expect(() => decoded(streamDecoder(), { events: events.map((part) => part ?? {}) })).toThrow(
      expect.objectContaining({ code: 'MONGODB_EVENT_INVALID', found: expect.stringContaining('fragment') }),
    )
  })
})

describe('what is refused', () => {
  test.each([
    ['no type', { ns: ORDERS }, 'an event without a type'],
    ['a type that is no string', { operationType: 1 }, 'a field operationType of type 0x10'],
    ['no namespace', { operationType: 'insert', documentKey: { _id: 1 } }, 'a change without a namespace'],
    ['a namespace that is no document', { operationType: 'insert', ns: 'a.b' }, 'a field ns of type 0x2'],
    ['no database', { operationType: 'insert', ns: { coll: 'a' } }, 'a namespace without a database'],
    ['no key', { operationType: 'insert', ns: ORDERS, fullDocument: {} }, 'a change without the _id of its document'],
    ['a key without _id', { ...insertOf(1), documentKey: { a: 1 } }, 'a change without the _id of its document'],
    ['a document that is a number', { ...insertOf(1), fullDocument: 1 }, 'a field fullDocument of type 0x10'],
    [
      'a session without an id',
      { ...insertOf(1), lsid: {}, txnNumber: BSON.Long.ZERO },
      'a session without an id of 16 bytes',
    ],
  ])('%s', (_what, fields, found) => {
    const events = [changeEvent({ seconds: 10, fields: insertOf(9) }), changeEvent({ seconds: 11, fields })]
    const decoder = streamDecoder()
    const into: LogEvent[] = []
    expect(() => decodeReply(decoder, cursorReply({ events }), into)).toThrow(
      expect.objectContaining({ code: 'MONGODB_EVENT_INVALID', found: expect.stringContaining(found) }),
    )
    // What is before it is there.
    expect(into.map(({ type }) => type).slice(0, 3)).toEqual(['begin', 'change', 'commit'])
  })

  test.each([
    ['no token', { clusterTime: new BSON.Timestamp({ t: 1, i: 1 }) }, 'an event without a resume token'],
    ['a token that is no document', { _id: 1 }, 'a field _id of type 0x10'],
  ])('an event with %s', (_what, event, found) => {
    const decoder = streamDecoder()
    expect(() => decoded(decoder, { events: [event] })).toThrow(
      expect.objectContaining({ code: 'MONGODB_EVENT_INVALID', found: expect.stringContaining(found) }),
    )
    expect(decoder.transaction).toBeNull()
  })

  test('an error names the transaction, and how to skip it', () => {
    const fields = { ...insertOf(1), fullDocument: 1 }
    const named = (about: BSON.Document, name: string) =>
      expect(() => contentOf({ ...fields, ...about })).toThrow(
        expect.objectContaining({
          message: expect.stringContaining(
            `the transaction ${name}, committed at 1970-01-01T00:00:10.000Z, cannot be decoded`,
          ),
          details: expect.objectContaining({ undecodable: true, transaction: name }),
        }),
      )
    named({}, `10.1/${tokenOf(10)}`)
    named(IN_TRANSACTION, '01234567-89ab-cdef-0123-456789abcdef:5')
  })
})
