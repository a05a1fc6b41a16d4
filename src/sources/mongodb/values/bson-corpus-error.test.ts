import { describe, expect, test } from 'vitest'
import { bsonDocument, bsonElement, documentText } from '../../../../test/support/bson-text.ts'
import { OffbeatError } from '../../../model/error.ts'
import { BSON_TYPE } from './bson-type.ts'

/* What the published BSON corpus says that a reader must refuse. Each row is a whole document, as bytes could come from a network. */

const OID = '56e1fc72e0c917e9c4714161'

/** Of a string, of code and of a symbol, whose type is the fifth byte. */
const STRINGS: readonly (readonly [string, string])[] = [
  ['a size of 0, and no end', '0c000000 02 6100 00000000 00'],
  ['a size of -1', '0c000000 02 6100 ffffffff 00'],
  ['a size that takes the end of the document', '10000000 02 6100 05000000 62006200 00'],
  ['a size beyond the document', '12000000 02 00 ffffff00 666f6f62617200 00'],
  ['no end', '10000000 02 6100 04000000 616263ff 00'],
  ['nothing, and one 0 too many', '0e000000 02 6100 01000000 00 00 00'],
  ['half a character', '0e000000 02 6100 02000000 e900 00'],
]

/** Of a document and of an array. */
const DOCUMENTS: readonly (readonly [string, string])[] = [
  ['a size that takes the end of the document', '14000000 03 6100 0d000000 10 3000 0a000000 00 00'],
  ['a size that leaves its end over', '14000000 03 6100 0b000000 10 3000 0a000000 00 00'],
  ['a string with a bad size inside', '1a000000 03 666f6f00 10000000 02 3000 05000000 62617a 00 00'],
  ['a name with a 0 inside', '15000000 03 7800 0d000000 10 610000 01000000 00 00'],
]

const WHOLE: readonly (readonly [string, string])[] = [
  ['a size of 1', '01000000 00'],
  ['a size of 4', '04000000 00'],
  ['a size of 0 with more behind it', '00000000 000000000000'],
  ['no end', '05000000'],
  ['an end of 1', '05000000 01'],
  ['an end of ff', '05000000 ff'],
  ['an end of 70', '05000000 70'],
  ['fewer bytes than its size', '12000000 02 666f6f00 04000000 626172'],
  ['more bytes than its size', '12000000 02 666f6f00 04000000 62617200 00 deadbeef'],
  ['a type that there is not, within its size', '16000000 02 666f6f00 04000000 62617200 deadbeef 00'],
  ['the type 00', '07000000 00 00 00'],
  ['the type 80', '07000000 80 00 00'],
  ['the type 14', '07000000 14 00 00'],
  ['half a name', '12000000 02 666f'],
  ['a name with a 0 inside', '0d000000 10 610000 01000000 00'],
]

const { BINARY, BOOLEAN, REGULAR_EXPRESSION, DB_POINTER, CODE_WITH_SCOPE } = BSON_TYPE
const EMPTY = '0500000000'

const VALUES: readonly (readonly [string, number, string])[] = [
  ['a boolean of -1', BOOLEAN, 'ff'],
  ['bytes beyond the document', BINARY, '1d000000 05 ffffffff'],
  ['bytes of a size of -1', BINARY, 'ffffffff 05 ffff'],
  ['old bytes whose inner size is too large', BINARY, '0d000000 02 06000000 ffffffffffffffffff'],
  ['old bytes whose inner size is too small', BINARY, '06000000 02 01000000 ffff'],
  ['old bytes of an inner size of -1', BINARY, '06000000 02 ffffffff ffff'],
  ['a pattern with a 0 inside', REGULAR_EXPRESSION, '6100626300 696d00'],
  ['options with a 0 inside', REGULAR_EXPRESSION, '61626300 69006d00'],
  ['a DBPointer of a size of -1', DB_POINTER, `ffffffff 6200 ${OID}`],
  ['a DBPointer of a size of 0', DB_POINTER, `00000000 6200 ${OID}`],
  ['a DBPointer without the end of its text', DB_POINTER, `02000000 6262 ${OID}`],
  ['a DBPointer with half an id', DB_POINTER, '02000000 6200 56e1fc72e0c9'],
  ['a DBPointer with an id that lacks a byte', DB_POINTER, '02000000 6200 56e1fc72e0c917e9c47141'],
  ['a DBPointer of half a character', DB_POINTER, `02000000 e900 ${OID}`],
  ...[
    ['a size of 0', '00000000'],
    ['a size of -1', 'ffffffff'],
    ['a size that is too small for any', '0d000000'],
    ['a size that cuts its scope', '11000000'],
    ['a size that is too large', '13000000'],
  ].map(
    ([what, size]) => [`code with scope, of ${what}`, CODE_WITH_SCOPE, `${size} 05000000 6162636400 ${EMPTY}`] as const,
  ),
  ...[
    ['too small', '04000000'],
    ['too large', '06000000'],
    ['-1', 'ffffffff'],
    ['far too large', 'ff000000'],
  ].map(
    ([what, size]) =>
      [
        `code with scope, whose code has a size that is ${what}`,
        CODE_WITH_SCOPE,
        `12000000 ${size} 6162636400 ${EMPTY}`,
      ] as const,
  ),
  [
    'code with a scope in which a string has a bad size',
    CODE_WITH_SCOPE,
    '1e000000 05000000 6162636400 11000000 02 6100 09000000 62636400 00',
  ],
  ['code with scope, of half a character', CODE_WITH_SCOPE, `0f000000 02000000 e900 ${EMPTY}`],
]

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex')
}

function withType(hex: string, type: number): string {
  return hex.replace(/^(\w{8}) \w\w/, `$1 ${type.toString(16).padStart(2, '0')}`)
}

const ROWS: readonly (readonly [string, Buffer])[] = [
  ...WHOLE.map(([what, hex]) => [`a document: ${what}`, bytesOf(hex)] as const),
  ...(['STRING', 'CODE', 'SYMBOL'] as const).flatMap((type) =>
    STRINGS.map(([what, hex]) => [`${type}: ${what}`, bytesOf(withType(hex, BSON_TYPE[type]))] as const),
  ),
  ...(['DOCUMENT', 'ARRAY'] as const).flatMap((type) =>
    DOCUMENTS.map(([what, hex]) => [`${type}: ${what}`, bytesOf(withType(hex, BSON_TYPE[type]))] as const),
  ),
  ...VALUES.map(([what, type, hex]) => [what, bsonDocument(bsonElement(type, 'a', hex))] as const),
]

describe.each(ROWS)('%s', (_what, bytes) => {
  test.each(['debezium', 'canonical', 'relaxed'] as const)('is refused as %s', (form) => {
    expect(refusalOf(() => documentText(form, bytes))).toMatch(/^(MONGODB_DOCUMENT_INVALID|TEXT_NOT_UTF8)$/)
  })

  test('is refused inside a document that continues after it', () => {
    const around = bsonDocument(
      bsonElement(BSON_TYPE.DOCUMENT, 'a', bytes.toString('hex')),
      bsonElement(BSON_TYPE.STRING, 'z', '05000000 7a7a7a7a00'),
    )
    expect(refusalOf(() => documentText('canonical', around))).not.toBeNull()
  })
})

/** null: it is not refused. */
function refusalOf(read: () => string): string | null {
  try {
    read()
    return null
  } catch (thrown) {
    if (thrown instanceof OffbeatError) return thrown.code
    throw thrown
  }
}
