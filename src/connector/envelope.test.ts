import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ByteWriter } from '../model/byte-writer.ts'
import type { BeginEvent, ChangeEvent, Op } from '../model/log-event.ts'
import { type Row, SPAN_ABSENT, SPAN_NULL, SPAN_UNAVAILABLE, type TableVersion } from '../model/table.ts'
import { BatchBuilder } from './batch-builder.ts'
import { TableEncoder } from './envelope.ts'
import type { TransactionFacts } from './transaction-facts.ts'

const SOURCE = {
  name: 'shop',
  connector: 'postgresql',
  version: '0.1.0',
  positionFields: ['lsn'],
  transactionIds: 'number',
} as const
const FACTS = factsOf({})

function factsOf(begin: Partial<BeginEvent>): TransactionFacts {
  const common = {
    type: 'begin',
    transaction: '742',
    committedAtMs: 1_700_000_000_123,
    committedAtRestUs: 7,
    after: '4294967296000',
  } as const
  return { begin: { ...common, ...begin }, takenAtMs: 1_700_000_000_456 }
}

function verbatim(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  to.copy(from, start, end)
}

const ORDERS: TableVersion = {
  database: 'shop',
  schema: 'public',
  name: 'orders',
  columns: [
    { name: 'id', type: 'int8', key: true, write: verbatim },
    { name: 'no"te', type: 'json', key: false, write: verbatim },
  ],
}

/** A row whose values are stored one after the other. A number is one of the SPAN_ constants. */
function row(...values: (string | number)[]): Row {
  const texts = values.map((value) => (typeof value === 'string' ? value : ''))
  const bytes = Buffer.from(`##${texts.join('')}`)
  let at = 2
  const spans = values.flatMap((value) => {
    if (typeof value === 'number') return [value, 0]
    const start = at
    at += Buffer.byteLength(value)
    return [start, at]
  })
  return { bytes, spans }
}

const OPTIONS = { tombstonesOnDelete: false, provideTransactionMetadata: false }

function encode(
  op: Op,
  before: Row | null,
  after: Row | null,
  table = ORDERS,
  options = OPTIONS,
): { key: string; value: string }[] {
  const change: ChangeEvent = { type: 'change', table, op, before, after, position: [4_294_967_297_000] }
  const batch = new BatchBuilder()
  new TableEncoder(table, { ...SOURCE, options }, 'shop.public.orders').encode(change, FACTS, batch)
  const { messages } = batch.takePart()
  return messages.map(({ bytes, keyAt, valueAt, end }) => ({
    key: Buffer.from(bytes).toString('utf8', keyAt, valueAt),
    value: Buffer.from(bytes).toString('utf8', valueAt, end),
  }))
}

const TAIL =
  '"source":{"version":"0.1.0","connector":"postgresql","name":"shop","ts_ms":1700000000123,"ts_us":1700000000123007,' +
  '"ts_ns":1700000000123007000,"snapshot":"false","db":"shop","schema":"public","table":"orders","txId":742,' +
  '"sequence":"[\\"4294967296000\\",\\"4294967297000\\"]","lsn":4294967297000},"transaction":null'
const TAKEN = '"ts_ms":1700000000456,"ts_us":1700000000456000,"ts_ns":1700000000456000000'

test('an insert in the envelope that the field reads', () => {
  expect(encode('c', null, row('9007199254740993', '"x"'))).toEqual([
    {
      key: '{"id":9007199254740993}',
      value: `{"before":null,"after":{"id":9007199254740993,"no\\"te":"x"},${TAIL},"op":"c",${TAKEN}}`,
    },
  ])
})

test('a delete has what the log holds of the old row, and no more', () => {
  expect(encode('d', row('1', SPAN_ABSENT), null)).toEqual([
    { key: '{"id":1}', value: `{"before":{"id":1},"after":null,${TAIL},"op":"d",${TAKEN}}` },
  ])
})

test('NULL is null, and a value that the log left out is said so', () => {
  expect(encode('u', null, row('1', SPAN_UNAVAILABLE))[0]?.value).toContain(
    '"after":{"id":1,"no\\"te":"__debezium_unavailable_value"}',
  )
  expect(encode('u', null, row('1', SPAN_NULL))[0]?.value).toContain('"after":{"id":1,"no\\"te":null}')
})

test('a changed key is a delete of the old and a create of the new', () => {
  const messages = encode('u', row('1', SPAN_ABSENT), row('2', 'true'))
  expect(messages.map(({ key }) => key)).toEqual(['{"id":1}', '{"id":2}'])
  expect(messages[0]?.value).toBe(`{"before":{"id":1},"after":null,${TAIL},"op":"d",${TAKEN}}`)
  expect(messages[1]?.value).toBe(`{"before":null,"after":{"id":2,"no\\"te":true},${TAIL},"op":"c",${TAKEN}}`)
})

test('an update with a whole old row and the same key stays one message', () => {
  const messages = encode('u', row('1', 'false'), row('1', 'true'))
  expect(messages).toHaveLength(1)
  expect(messages[0]?.value).toContain('{"before":{"id":1,"no\\"te":false},"after":{"id":1,"no\\"te":true},')
})

test('a key value that the log left out of the new row is taken from the old', () => {
  expect(encode('u', row('7', SPAN_ABSENT), row(SPAN_UNAVAILABLE, 'true'))[0]?.key).toBe('{"id":7}')
})

test('a table without a key, and a truncate, have no key', () => {
  const table = { ...ORDERS, columns: ORDERS.columns.map((column) => ({ ...column, key: false })) }
  expect(encode('c', null, row('1', 'true'), table)[0]?.key).toBe('')
  expect(encode('t', null, null)).toEqual([
    { key: '', value: `{"before":null,"after":null,${TAIL},"op":"t",${TAKEN}}` },
  ])
})

test('any position is written as the number it is', () => {
  const batch = new BatchBuilder()
  const encoder = new TableEncoder({ ...ORDERS, columns: [] }, SOURCE, 't')
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (lsn) => {
      const position = lsn <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(lsn) : lsn
      const change: ChangeEvent = {
        type: 'change',
        table: ORDERS,
        op: 't',
        before: null,
        after: null,
        position: [position],
      }
      encoder.encode(change, FACTS, batch)
      expect(Buffer.from(batch.takePart().messages[0]?.bytes ?? []).toString()).toContain(`"lsn":${lsn}}`)
    }),
  )
})

test('a position field that the row lacks is null, and so is an unknown transaction before it', () => {
  const batch = new BatchBuilder()
  const source = { ...SOURCE, positionFields: ['lsn', 'xmin'] }
  const change: ChangeEvent = { type: 'change', table: ORDERS, op: 't', before: null, after: null, position: [7] }
  new TableEncoder(ORDERS, source, 't').encode(
    change,
    factsOf({ transaction: null, committedAtMs: null, after: undefined }),
    batch,
  )
  const value = JSON.parse(Buffer.from(batch.takePart().messages[0]?.bytes ?? []).toString())
  expect(value.source).toMatchObject({
    lsn: 7,
    xmin: null,
    sequence: '[null,"7"]',
    ts_ms: null,
    ts_us: null,
    ts_ns: null,
  })
})

test('a transaction id is a number or a text by the source alone', () => {
  const txIdOf = (transactionIds: 'number' | 'text', transaction: string | null): unknown => {
    const batch = new BatchBuilder()
    const change: ChangeEvent = { type: 'change', table: ORDERS, op: 't', before: null, after: null, position: [7] }
    new TableEncoder(ORDERS, { ...SOURCE, transactionIds }, 't').encode(change, factsOf({ transaction }), batch)
    return /"txId":([^,]*),/.exec(Buffer.from(batch.takePart().messages[0]?.bytes ?? []).toString())?.[1]
  }
  expect(txIdOf('number', '18446744073709551615')).toBe('18446744073709551615')
  expect(txIdOf('text', '0012000300000045')).toBe('"0012000300000045"')
  expect(txIdOf('text', '742')).toBe('"742"')
  expect([txIdOf('number', null), txIdOf('text', null)]).toEqual(['null', 'null'])
})

test('position fields that are texts stay unchanged, also within the sequence', () => {
  const batch = new BatchBuilder()
  const source = { ...SOURCE, positionFields: ['change_lsn', 'file', 'pos', 'gtid'] }
  const position = ['0000002b:"7"', 'binlog.000007', 2n ** 60n] as const
  const change: ChangeEvent = { type: 'change', table: ORDERS, op: 't', before: null, after: null, position }
  new TableEncoder(ORDERS, source, 't').encode(change, factsOf({ after: 'é\\n"1' }), batch)
  const text = Buffer.from(batch.takePart().messages[0]?.bytes ?? []).toString()
  expect(text).toContain('"file":"binlog.000007","pos":1152921504606846976,"gtid":null')
  const { change_lsn, sequence } = JSON.parse(text).source
  expect(change_lsn).toBe('0000002b:"7"')
  expect(JSON.parse(sequence)).toEqual(['é\\n"1', '0000002b:"7"'])
})

const facts = fc.record({
  begin: fc.record({
    type: fc.constant('begin' as const),
    transaction: fc.constantFrom('a:1', 'a:2', null),
    committedAtMs: fc.constantFrom(null, 0, 1_700_000_000_123),
    committedAtRestUs: fc.constantFrom(0, 7),
    after: fc.constantFrom('a:0', 'a:1', 'é"', undefined),
  }),
  takenAtMs: fc.constantFrom(1_700_000_000_456, 1_700_000_000_457),
})
const change = fc.record({
  op: fc.constantFrom<Op>('c', 'u'),
  after: fc.constantFrom(row('1', '"x"'), row('2', SPAN_NULL), row(SPAN_ABSENT, SPAN_ABSENT)),
  position: fc.tuple(
    fc.constantFrom('a:1', 'é"', null, 5),
    fc.constantFrom('log.1', 'log.2', null),
    fc.nat(2),
    fc.nat(2),
  ),
})

const LOG_FILES = {
  ...SOURCE,
  transactionIds: 'text',
  positionFields: ['gtid', 'file', 'pos', 'row'],
  sequenceOf: ([, file, pos]: ChangeEvent['position']) => [`"${file}"`, String(pos)],
} as const

test('a change without the first position value has the sequence that the source gives', () => {
  const encoder = new TableEncoder(ORDERS, LOG_FILES, 't')
  const sequences = (position: ChangeEvent['position']): unknown[] => {
    const batch = new BatchBuilder()
    const change: ChangeEvent = {
      type: 'change',
      table: ORDERS,
      op: 'c',
      before: null,
      after: row('1', '"x"'),
      position,
    }
    encoder.encode(change, factsOf({ after: 'a:1' }), batch)
    return batch.takePart().messages.map(({ bytes, valueAt, end }) => {
      const { source } = JSON.parse(Buffer.from(bytes).toString('utf8', valueAt, end))
      return { sequence: JSON.parse(source.sequence), pos: source.pos, row: source.row }
    })
  }
  expect(sequences([null, 'log.7', 40, 0])).toEqual([{ sequence: ['"log.7"', '40'], pos: 40, row: 0 }])
  expect(sequences([null, 'log.7', 40, 1])).toEqual([{ sequence: ['"log.7"', '40'], pos: 40, row: 1 }])
  expect(sequences(['a:2', 'log.7', 90, 0])).toEqual([{ sequence: ['a:1', 'a:2'], pos: 90, row: 0 }])
  expect(sequences([null, 'log.8', 4, 0])).toEqual([{ sequence: ['"log.8"', '4'], pos: 4, row: 0 }])
})

test('a message does not depend on the messages before it', () => {
  const transactions = fc.array(fc.tuple(facts, fc.array(change, { maxLength: 5 })), { maxLength: 4 })
  fc.assert(
    fc.property(transactions, (all) => {
      const encoder = new TableEncoder(ORDERS, LOG_FILES, 't')
      for (const [each, changes] of all) {
        for (const { op, after, position } of changes) {
          const [batch, fresh] = [new BatchBuilder(), new BatchBuilder()]
          const event: ChangeEvent = { type: 'change', table: ORDERS, op, before: null, after, position }
          encoder.encode(event, each, batch)
          new TableEncoder(ORDERS, LOG_FILES, 't').encode(event, each, fresh)
          const { messages } = fresh.takePart()
          expect(batch.takePart().messages).toEqual(messages)
          const [{ bytes, valueAt, end } = { bytes: Buffer.alloc(0), valueAt: 0, end: 0 }] = messages
          const value = JSON.parse(Buffer.from(bytes).toString('utf8', valueAt, end))
          expect(value).toMatchObject({
            op,
            ts_ms: each.takenAtMs,
            source: { ts_ms: each.begin.committedAtMs, pos: position[2] },
          })
        }
      }
    }),
  )
})

test('a row that is one document is written whole, and its key apart from it', () => {
  const table: TableVersion = {
    database: 'shop',
    schema: null,
    name: 'orders',
    columns: [{ name: 'id', type: 'ObjectId', key: true, write: verbatim }],
    document: verbatim,
  }
  const document = '{"_id":{"$oid":"65"},"lines":[1,2]}'
  const bytes = Buffer.from(document)
  const whole: Row = { bytes, spans: [7, 20, 0, bytes.length] }
  const keyAlone: Row = { bytes, spans: [7, 20, SPAN_NULL, 0] }
  const shown = (op: Op, before: Row | null, after: Row | null) =>
    encode(op, before, after, table).map(({ key, value }) => [key, value.slice(0, value.indexOf(',"source"'))])
  const key = '{"id":{"$oid":"65"}}'
  expect(shown('c', null, whole)).toEqual([[key, `{"before":null,"after":${document}`]])
  expect(shown('u', whole, whole)).toEqual([[key, `{"before":${document},"after":${document}`]])
  expect(shown('d', keyAlone, null)).toEqual([[key, '{"before":null,"after":null']])
  const unread = { bytes, spans: [7, 20, SPAN_UNAVAILABLE, 0] }
  expect(shown('u', null, unread)).toEqual([[key, '{"before":null,"after":"__debezium_unavailable_value"']])
})

test('an update can be described by what it changed, and other messages of that table say null', () => {
  const table: TableVersion = {
    database: 'shop',
    schema: null,
    name: 'orders',
    columns: [{ name: 'id', type: 'ObjectId', key: true, write: verbatim }],
    document: verbatim,
    updateDescription: verbatim,
  }
  const bytes = Buffer.from('7{"a":1}{"set":2}')
  const [id, document, description] = [
    [0, 1],
    [1, 8],
    [8, 17],
  ] as const
  const described: Row = { bytes, spans: [...id, ...document, ...description] }
  const delta: Row = { bytes, spans: [...id, SPAN_NULL, 0, ...description] }
  const plain: Row = { bytes, spans: [...id, ...document, SPAN_NULL, 0] }
  const shown = (op: Op, before: Row | null, after: Row | null) =>
    encode(op, before, after, table).map(({ value }) => value.slice(0, value.indexOf(',"source"')))
  expect(shown('u', null, described)).toEqual(['{"before":null,"after":{"a":1},"updateDescription":{"set":2}'])
  expect(shown('u', null, delta)).toEqual(['{"before":null,"after":null,"updateDescription":{"set":2}'])
  expect(shown('c', null, plain)).toEqual(['{"before":null,"after":{"a":1},"updateDescription":null'])
  expect(shown('d', plain, null)).toEqual(['{"before":{"a":1},"after":null,"updateDescription":null'])
})

test('with tombstones each delete, also of a key that changed, is followed by its key without a value', () => {
  const options = { ...OPTIONS, tombstonesOnDelete: true }
  const shapes = (messages: { key: string; value: string }[]) =>
    messages.map(({ key, value }) => [key, value === '' ? null : JSON.parse(value).op])
  expect(shapes(encode('d', row('1', SPAN_ABSENT), null, ORDERS, options))).toEqual([
    ['{"id":1}', 'd'],
    ['{"id":1}', null],
  ])
  expect(shapes(encode('u', row('1', SPAN_ABSENT), row('2', 'true'), ORDERS, options))).toEqual([
    ['{"id":1}', 'd'],
    ['{"id":1}', null],
    ['{"id":2}', 'c'],
  ])
  const keyless = { ...ORDERS, columns: ORDERS.columns.map((column) => ({ ...column, key: false })) }
  expect(shapes(encode('d', row('1', 'true'), null, keyless, options))).toEqual([['', 'd']])
})

test('transaction metadata numbers the messages of a transaction, the two of a changed key apart', () => {
  const options = { ...OPTIONS, provideTransactionMetadata: true }
  const batch = new BatchBuilder()
  const facts = { ...FACTS }
  const orders = new TableEncoder(ORDERS, { ...SOURCE, options }, 'orders')
  const stock = new TableEncoder(ORDERS, { ...SOURCE, options }, 'stock')
  const insert = { type: 'change', table: ORDERS, op: 'c', before: null, after: row('1', 'true') } as const
  orders.encode({ ...insert, position: [70] }, facts, batch)
  stock.encode({ ...insert, position: [80] }, facts, batch)
  orders.encode({ ...insert, op: 'u', before: row('1', 'true'), after: row('2', 'true'), position: [90] }, facts, batch)
  const { messages } = batch.takePart()
  const blocks = messages.map(({ bytes, valueAt, end }) => {
    return JSON.parse(Buffer.from(bytes).toString('utf8', valueAt, end)).transaction
  })
  expect(blocks).toEqual([
    { id: '742:70', total_order: 1, data_collection_order: 1 },
    { id: '742:70', total_order: 2, data_collection_order: 1 },
    { id: '742:70', total_order: 3, data_collection_order: 2 },
    { id: '742:70', total_order: 4, data_collection_order: 3 },
  ])
})

test('a message of the limit is taken; one above it is refused by name and size, and leaves nothing behind', () => {
  const value = `"${'x'.repeat(1000)}"`
  const change: ChangeEvent = {
    type: 'change',
    table: ORDERS,
    op: 'u',
    before: row('1', '"old"'),
    after: row('1', value),
    position: [70],
  }
  const sizeOf = (batch: BatchBuilder): number => batch.takePart().messages.at(-1)?.end ?? 0
  const encodeInto = (batch: BatchBuilder): void =>
    new TableEncoder(ORDERS, SOURCE, 'orders').encode(change, FACTS, batch)
  const unlimited = new BatchBuilder()
  encodeInto(unlimited)
  const bytes = sizeOf(unlimited)
  const exact = new BatchBuilder({ bytes, of: 'the sink' })
  encodeInto(exact)
  expect(sizeOf(exact)).toBe(bytes)
  const small = new BatchBuilder({ bytes: bytes - 1, of: 'the sink' })
  expect(() => encodeInto(small)).toThrow(
    expect.objectContaining({
      code: 'MESSAGE_TOO_LARGE',
      message: 'its message is larger than the sink can take',
      details: { messageBytes: bytes, limitBytes: bytes - 1, column: 'no"te', valueBytes: 1002, row: 'new' },
    }),
  )
  expect(small.byteLength).toBe(0)
  expect(small.takePart().messages).toEqual([])
})

test('a message far above the limit is given up before it takes memory', () => {
  const batch = new BatchBuilder({ bytes: 1000, of: 'the sink' })
  const wanted = 1024 * 1024 * 1024 * 1024
  const reserve = (_from: Uint8Array, _start: number, _end: number, to: ByteWriter): void => to.reserve(wanted)
  const table = { ...ORDERS, columns: ORDERS.columns.map((column) => ({ ...column, write: reserve })) }
  const change: ChangeEvent = { type: 'change', table, op: 'c', before: null, after: row('1', 'x'), position: [70] }
  expect(() => new TableEncoder(table, SOURCE, 'orders').encode(change, FACTS, batch)).toThrow(
    expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }),
  )
})
