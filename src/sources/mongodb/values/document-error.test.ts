import { describe, expect, test } from 'vitest'
import { bsonDocument, bsonElement, documentText, keyText } from '../../../../test/support/bson-text.ts'
import { OffbeatError } from '../../../model/error.ts'
import { BSON_TYPE, DEEPEST } from './bson-type.ts'

const NESTED = (type: number, hex: string) =>
  bsonDocument(
    bsonElement(BSON_TYPE.INT32, '_id', '01000000'),
    bsonElement(
      BSON_TYPE.DOCUMENT,
      'address',
      bsonDocument(
        bsonElement(BSON_TYPE.NULL, 'city', ''),
        bsonElement(BSON_TYPE.ARRAY, 'lines', bsonDocument(bsonElement(type, '0', hex)).toString('hex')),
      ).toString('hex'),
    ),
  )

function errorOf(write: () => unknown): OffbeatError {
  try {
    write()
  } catch (thrown) {
    if (thrown instanceof OffbeatError) return thrown
    throw thrown
  }
  throw new Error('nothing was thrown')
}

describe.each([
  ['an unknown type', 0x20, '', 'a value of type 0x20, which BSON does not have'],
  ['type 0', 0x00, '', 'a value of type 0x00, which BSON does not have'],
  ['a boolean of 2', BSON_TYPE.BOOLEAN, '02', 'a boolean whose byte is 2'],
  ['a string of size 0', BSON_TYPE.STRING, '00000000 00', 'a string that gives its size as 0'],
  ['a string of a negative size', BSON_TYPE.STRING, 'ffffffff 00', 'a string that gives its size as -1'],
  ['a string that is too long', BSON_TYPE.STRING, '03000000 6100', 'a string that gives its size as 3'],
  ['a string without its 0', BSON_TYPE.STRING, '02000000 6162', 'a string whose last byte is not 0'],
  ['bytes of a negative size', BSON_TYPE.BINARY, 'ffffffff 00', 'binary data that give their size as -1'],
  ['bytes that are too long', BSON_TYPE.BINARY, '02000000 00 01', 'binary data that give their size as 2'],
  ['old bytes of a wrong size', BSON_TYPE.BINARY, '05000000 02 02000000 ff', 'subtype 2 that give their size as 2'],
  ['old bytes without a size', BSON_TYPE.BINARY, '02000000 02 0100', 'binary data of subtype 2 without their size'],
  ['a short document', BSON_TYPE.DOCUMENT, '04000000 00', 'a document that gives its size as 4'],
  ['a long document', BSON_TYPE.DOCUMENT, '07000000 00', 'a document that gives its size as 7'],
  ['a document without its 0', BSON_TYPE.DOCUMENT, '05000000 01', 'a document whose last byte is not 0'],
  ['a short code with scope', BSON_TYPE.CODE_WITH_SCOPE, '05000000', 'a value that ends after its document'],
  [
    'a scope that is shorter than its value',
    BSON_TYPE.CODE_WITH_SCOPE,
    '0f000000 01000000 00 0500000000 00',
    'a value that ends after its document',
  ],
  ['half an int32', BSON_TYPE.INT32, '0100', 'a value that ends after its document'],
  ['half a double', BSON_TYPE.DOUBLE, '01000000', 'a value that ends after its document'],
  ['half an int64', BSON_TYPE.INT64, '01000000', 'a value that ends after its document'],
  ['half a date', BSON_TYPE.DATE, '01000000', 'a value that ends after its document'],
  ['half a timestamp', BSON_TYPE.TIMESTAMP, '01000000', 'a value that ends after its document'],
  ['half an ObjectId', BSON_TYPE.OBJECT_ID, '010203', 'a value that ends after its document'],
  ['half a decimal', BSON_TYPE.DECIMAL128, '0102030405060708', 'a value that ends after its document'],
  ['half a DBPointer', BSON_TYPE.DB_POINTER, '02000000 6100 0102', 'a value that ends after its document'],
  ['a regular expression without its end', BSON_TYPE.REGULAR_EXPRESSION, '6100 69', 'a name without an end'],
])('%s', (_what, type, hex, found) => {
  test.each(['debezium', 'canonical', 'relaxed'] as const)('is refused as %s, with the path of its field', (form) => {
    const error = errorOf(() => documentText(form, NESTED(type, hex)))
    expect(error.code).toBe('MONGODB_DOCUMENT_INVALID')
    expect(error.message).toBe('the field address.lines.0 of a document is not valid BSON')
    expect(error.found).toContain(found)
  })
})

const NOT_UTF8 = ['c328', 'ff', 'eda080', 'c0af', 'f8888080', 'e282']

test.each(NOT_UTF8)('a text that is not UTF-8 (%s) is refused with the path of its field', (hex) => {
  const size = Buffer.alloc(4)
  for (const text of [hex, `61220a${hex}`, `${'61'.repeat(200)}${hex}`, `${hex}${'22'.repeat(200)}`]) {
    size.writeInt32LE(text.length / 2 + 1)
    for (const type of [BSON_TYPE.STRING, BSON_TYPE.CODE, BSON_TYPE.SYMBOL]) {
      const error = errorOf(() => documentText('debezium', NESTED(type, `${size.toString('hex')}${text}00`)))
      expect(error.code).toBe('TEXT_NOT_UTF8')
      expect(error.message).toBe('the field address.lines.0 of a document has a text or a name that is not UTF-8')
      expect(error.found).toContain(`a text of ${text.length / 2} bytes`)
    }
  }
})

test('a name that is not UTF-8 is refused', () => {
  const name = Buffer.from([BSON_TYPE.NULL, 0x61, 0xff, 0])
  const error = errorOf(() => documentText('debezium', bsonDocument(bsonElement(BSON_TYPE.NULL, 'a', ''), name)))
  expect(error.code).toBe('TEXT_NOT_UTF8')
  expect(error.message).toContain('the field a\ufffd of a document')
})

test('more levels than a server can allow are refused before the call stack ends', () => {
  let document = bsonDocument()
  for (let level = 1; level <= DEEPEST; level++) {
    document = bsonDocument(
      bsonElement(level % 2 ? BSON_TYPE.DOCUMENT : BSON_TYPE.ARRAY, 'a', document.toString('hex')),
    )
  }
  const error = errorOf(() => documentText('debezium', document))
  expect(error.code).toBe('MONGODB_DOCUMENT_INVALID')
  expect(error.found).toContain('more than 250 levels of documents and arrays')
  expect(error.message.length).toBeLessThan(300)
})

test.each([
  ['a document with bytes after it', () => documentText('debezium', Buffer.concat([bsonDocument(), Buffer.from([0])]))],
  ['no bytes', () => documentText('debezium', new Uint8Array(0))],
  ['an element with bytes after it', () => keyText('debezium', bsonElement(BSON_TYPE.NULL, '_id', '00'))],
  ['an element without a value', () => keyText('debezium', bsonElement(BSON_TYPE.INT32, '_id', ''))],
  ['no element', () => keyText('debezium', new Uint8Array(0))],
])('%s: refused', (_what, write) => {
  expect(errorOf(write).code).toBe('MONGODB_DOCUMENT_INVALID')
})
