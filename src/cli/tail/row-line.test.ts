import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StoredMessage } from '../../sqlite/message-reader.ts'
import { localTimes } from '../terminal/local-time.ts'
import { styleFor } from '../terminal/style.ts'
import { widthOf } from '../terminal/text-width.ts'
import { rowLines } from './row-line.ts'

const AT_MS = Date.UTC(2026, 10, 29, 8, 15, 2)

const utc = localTimes('UTC')

function changed(
  op: string,
  about: { before?: object; after?: object; key?: object | null; txId?: number },
): StoredMessage {
  const { before = null, after = null, key = { id: 7 }, txId = 742 } = about
  const source = { connector: 'postgresql', name: 'shop', db: 'shop', schema: 'public', table: 'orders', txId }
  return stored(
    'shop.public.orders',
    key === null ? null : JSON.stringify(key),
    JSON.stringify({ before, after, source, op }),
  )
}

function stored(topic: string, key: string | null, value: string | null): StoredMessage {
  return { source: 'shop', topic, seq: 1, tsMs: AT_MS, key, value, position: '0/10' }
}

function documentChange(
  op: string,
  { before, after, updateDescription }: { before?: object; after?: object; updateDescription?: object },
): StoredMessage {
  const textOf = (document?: object) => (document === undefined ? null : JSON.stringify(document))
  const source = { connector: 'mongodb', name: 'shop', db: 'shop', schema: null, table: 'orders', txId: null }
  const value = {
    before: textOf(before),
    after: textOf(after),
    updateDescription: updateDescription ?? null,
    source,
    op,
  }
  return stored('shop.shop.orders', '{"id":"7"}', JSON.stringify(value))
}

function lines(messages: readonly StoredMessage[], width = 120, timeZone = 'UTC'): readonly string[] {
  const line = rowLines()
  const layout = {
    timeOf: timeZone === 'UTC' ? utc : localTimes(timeZone),
    nowMs: AT_MS,
    style: styleFor(false),
    width,
  }
  return messages.map((message) => line(message, layout))
}

test('each kind of change has its line; the first of a transaction has its id', () => {
  const row = { id: 7, what: 'tea', price: '12.50', paid: false }
  const messages = [
    changed('c', { after: row }),
    changed('u', { after: { ...row, paid: true } }),
    changed('u', { before: row, after: { ...row, price: '13.00', paid: true }, txId: 743 }),
    changed('u', { before: row, after: row, txId: 744 }),
    changed('d', { before: { id: 7 }, txId: 745 }),
    stored('shop.public.orders', '{"id":7}', null),
    changed('d', { before: row, txId: 746 }),
    changed('t', { key: null, txId: 747 }),
    changed('c', { key: null, after: row, txId: 748 }),
    stored('__offbeat_heartbeat', '"shop"', '{"op":"heartbeat","source":"shop","offset":"0/10","verdict":"idle"}'),
  ]
  expect(lines(messages, 100, 'Europe/Berlin').join('')).toMatchInlineSnapshot(`
    "09:15:02 +01:00  tx 742  public.orders  insert  id=7  what="tea" price="12.50" paid=false
    09:15:02 +01:00          public.orders  update  id=7  what="tea" price="12.50" paid=true
    09:15:02 +01:00  tx 743  public.orders  update  id=7  price="12.50"→"13.00" paid=false→true
    09:15:02 +01:00  tx 744  public.orders  update  id=7
    09:15:02 +01:00  tx 745  public.orders  delete  id=7
    09:15:02 +01:00          shop.public.orders  tombstone  id=7
    09:15:02 +01:00  tx 746  public.orders  delete  id=7  what="tea" price="12.50" paid=false
    09:15:02 +01:00  tx 747  public.orders  truncate
    09:15:02 +01:00  tx 748  public.orders  insert  id=7 what="tea" price="12.50" paid=false
    09:15:02 +01:00  heartbeat  offset 0/10 verdict idle
    "
  `)
})

test('a document is shown by its fields, and an update by what it changed', () => {
  const row = { _id: 7, what: 'tea', price: { $numberDecimal: '12.50' }, address: { city: 'Ulm' }, n: 9 }
  const { price: _, ...less } = row
  const description = {
    removedFields: ['note', 'a b'],
    updatedFields: '{"address.city":"Bonn","n":{"$numberLong": "9007199254740993"}}',
    truncatedArrays: [{ field: 'lines', size: 2 }],
  }
  const messages = [
    documentChange('c', { after: row }),
    documentChange('u', { after: row, updateDescription: description }),
    documentChange('u', { updateDescription: description }),
    documentChange('u', { after: { ...row, n: 10 } }),
    documentChange('u', { before: row, after: { ...less, n: 10, more: true }, updateDescription: description }),
    documentChange('d', { before: row }),
    documentChange('d', {}),
  ]
  expect(
    lines(messages, 140)
      .map((line) => line.slice(line.indexOf('shop.orders')))
      .join(''),
  ).toMatchInlineSnapshot(`
    "shop.orders  insert  id="7"  what="tea" price={"$numberDecimal":"12.50"} address={"city":"Ulm"} n=9
    shop.orders  update  id="7"  address.city="Bonn" n={"$numberLong":"90071… note→(removed) "a b"→(removed) +1
    shop.orders  update  id="7"  address.city="Bonn" n={"$numberLong":"90071… note→(removed) "a b"→(removed) +1
    shop.orders  update  id="7"  what="tea" price={"$numberDecimal":"12.50"} address={"city":"Ulm"} n=10
    shop.orders  update  id="7"  n=9→10 more=true price={"$numberDecimal":"12.50"}→(removed)
    shop.orders  delete  id="7"  what="tea" price={"$numberDecimal":"12.50"} address={"city":"Ulm"} n=9
    shop.orders  delete  id="7"
    "
  `)
  for (const line of lines(messages, 60)) expect(widthOf(line.trimEnd())).toBeLessThanOrEqual(60)
})

test('numbers are shown as they are, values that the log left out are not', () => {
  const after = '{"id":7,"big":9007199254740993,"deep":{"e":1e400},"blob":"__debezium_unavailable_value","list":[1.10]}'
  const value = `{"before":null,"after":${after},"source":{"schema":"public","table":"orders","txId":1},"op":"u"}`
  expect(lines([stored('shop.public.orders', '{"id":7}', value)])[0]).toMatch(
    / {2}id=7 {2}big=9007199254740993 deep=\{"e":1e400\} list=\[1\.10\]\n$/u,
  )
})

test('a value that is no envelope is shown as it is, under its topic', () => {
  expect(lines([stored('shop.public.orders', null, '{"n":1}')])).toEqual([
    '08:15:02 UTC  shop.public.orders  message  {"n":1}\n',
  ])
})

test('long values are shortened first, then columns are counted', () => {
  const after = { id: 7, what: 'x'.repeat(300), one: 1, two: 2 }
  expect(lines([changed('c', { after })], 100)).toEqual([
    `08:15:02 UTC  tx 742  public.orders  insert  id=7  what="${'x'.repeat(30)}… one=1 two=2\n`,
  ])
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`column_${index}`, 'some text']))
  expect(lines([changed('c', { after: many })], 80)).toEqual([
    '08:15:02 UTC  tx 742  public.orders  insert  id=7  column_0="some text" +39\n',
  ])
  expect(lines([changed('c', { after: many })], 50)).toEqual(['08:15:02 UTC  public.orde…  insert  id=7  col… +39\n'])
})

test('what a row holds moves no cursor and breaks no line', () => {
  const after = { id: 7, 'a\u001B]0;x\u0007': 'one\r\ntwo\u001B[2J\u202E\u009B' }
  const [line = ''] = lines([changed('c', { after, key: { id: '\u001B[31m' } })])
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(line).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]/u)
  expect(line).toContain('\\u001b[31m')
})

test('no line is wider than the terminal, whatever the row holds', () => {
  const unit = fc.oneof(fc.nat(0x2_ff), fc.nat(0x3_00_ff)).map((code) => String.fromCodePoint(code))
  const text = fc.oneof(fc.string({ unit, maxLength: 60 }), fc.constantFrom('日本語', '👩‍👩‍👧', 'e\u0301', 'toString'))
  const cell = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null), fc.array(text, { maxLength: 3 }))
  const row = fc.dictionary(text, cell, { maxKeys: 8 })
  fc.assert(
    fc.property(
      row,
      row,
      row,
      fc.constantFrom('c', 'u', 'd', 't', 'x'),
      fc.integer({ min: 1, max: 200 }),
      (...input) => {
        const [key, before, after, op, width] = input
        const [line = ''] = lines([changed(op, { key, before, after })], width)
        expect(widthOf(line.slice(0, -1))).toBeLessThanOrEqual(width)
        expect(line.indexOf('\n')).toBe(line.length - 1)
      },
    ),
  )
})
