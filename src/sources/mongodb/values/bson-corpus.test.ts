import { BSON } from 'mongodb'
import { expect, test } from 'vitest'
import { bsonDocument, bsonElement, documentText } from '../../../../test/support/bson-text.ts'
import { BSON_TYPE } from './bson-type.ts'

/*
 * The classes of cases of the published BSON corpus that `extended-json.test.ts` does not have: per type, its limits, texts of each length of
 * UTF-8, and documents that look like something else.
 */

const { INT32, INT64, DOUBLE, STRING, DOCUMENT, ARRAY, BINARY, OBJECT_ID, DATE, NULL } = BSON_TYPE
const { REGULAR_EXPRESSION, DB_POINTER, CODE, SYMBOL, CODE_WITH_SCOPE, TIMESTAMP, DECIMAL128 } = BSON_TYPE
const OID = '56e1fc72e0c917e9c4714161'

/** A string with its size. */
function text(value: string): string {
  const bytes = Buffer.from(value)
  const size = Buffer.alloc(4)
  size.writeInt32LE(bytes.length + 1)
  return `${size.toString('hex')}${bytes.toString('hex')}00`
}

function nested(...elements: readonly Buffer[]): string {
  return bsonDocument(...elements).toString('hex')
}

/** With the size of the whole in front. */
function withSize(hex: string): string {
  const size = Buffer.alloc(4)
  size.writeInt32LE(hex.length / 2 + 4)
  return `${size.toString('hex')}${hex}`
}

function re(pattern: string, options: string): string {
  return `{"$regularExpression":{"pattern":"${pattern}","options":"${options}"}}`
}

const CONTROLS = Array.from({ length: 32 }, (_, code) => String.fromCodePoint(code)).join('')

/** Type, value, canonical text. Relaxed text, where it is another. */
type Case = readonly [what: string, type: number, hex: string, canonical: string, relaxed?: string]

const NUMBERS: readonly Case[] = [
  ['int32 -1', INT32, 'ffffffff', '{"$numberInt":"-1"}', '-1'],
  ['int32 0', INT32, '00000000', '{"$numberInt":"0"}', '0'],
  ['the largest int32', INT32, 'ffffff7f', '{"$numberInt":"2147483647"}', '2147483647'],
  ['int64 -1', INT64, 'ffffffffffffffff', '{"$numberLong":"-1"}', '-1'],
  ['int64 0', INT64, '0000000000000000', '{"$numberLong":"0"}', '0'],
  ['double -1', DOUBLE, '000000000000f0bf', '{"$numberDouble":"-1.0"}', '-1.0'],
  ['double 1.0001220703125', DOUBLE, '000000008000f03f', '{"$numberDouble":"1.0001220703125"}', '1.0001220703125'],
  ['double -1.0001220703125', DOUBLE, '000000008000f0bf', '{"$numberDouble":"-1.0001220703125"}', '-1.0001220703125'],
  ['a large double', DOUBLE, '2a1bf5f41022b143', '{"$numberDouble":"1.2345678921232E18"}', '1.2345678921232E18'],
  [
    'a large negative double',
    DOUBLE,
    '2a1bf5f41022b1c3',
    '{"$numberDouble":"-1.2345678921232E18"}',
    '-1.2345678921232E18',
  ],
  ['the smallest double', DOUBLE, '0100000000000000', '{"$numberDouble":"5.0E-324"}', '5.0E-324'],
]

const TEXTS: readonly Case[] = [
  ['a text of two-byte characters', STRING, text('éééééé'), '"éééééé"'],
  ['a text of three-byte characters', STRING, text('☆☆☆☆'), '"☆☆☆☆"'],
  ['a text with zeros inside', STRING, text('ab\0bab\0babab'), '"ab\\u0000bab\\u0000babab"'],
  [
    'a text with every character that JSON must escape',
    STRING,
    text(`${CONTROLS}"\\`),
    JSON.stringify(`${CONTROLS}"\\`),
  ],
  ['separators of lines, which JSON allows', STRING, text('\u2028\u2029'), '"\u2028\u2029"'],
  ['a text that ends inside an escape of another language', STRING, text('\\u00'), '"\\\\u00"'],
  ['code that is empty', CODE, text(''), '{"$code":""}'],
  ['code beyond ASCII with a zero inside', CODE, text('é\0☆'), '{"$code":"é\\u0000☆"}'],
  ['a symbol that is empty', SYMBOL, text(''), '{"$symbol":""}'],
  ['a symbol beyond ASCII with a zero inside', SYMBOL, text('é\0☆'), '{"$symbol":"é\\u0000☆"}'],
  ['code with an empty scope', CODE_WITH_SCOPE, withSize(`${text('')}${nested()}`), '{"$code":"","$scope":{}}'],
  [
    'code with a scope of its own, in a scope',
    CODE_WITH_SCOPE,
    withSize(`${text('é\0')}${nested(bsonElement(CODE_WITH_SCOPE, 'f', withSize(`${text('g')}${nested()}`)))}`),
    '{"$code":"é\\u0000","$scope":{"f":{"$code":"g","$scope":{}}}}',
  ],
]

const SUBTYPES: readonly Case[] = ['01', '03', '05', '06', '07', '08', '09', '7f', 'ff'].map((subType) => [
  `bytes of subtype ${subType}`,
  BINARY,
  `02000000 ${subType} ffff`,
  `{"$binary":{"base64":"//8=","subType":"${subType}"}}`,
])

/** By their bytes: those of equal value can differ. */
function decimals(texts: Readonly<Record<string, string>>): readonly Case[] {
  return Object.entries(texts).map(([hex, value]) => [
    `the decimal ${value} (${hex})`,
    DECIMAL128,
    hex,
    `{"$numberDecimal":"${value}"}`,
  ])
}

const OTHERS: readonly Case[] = [
  ['an ObjectId of zeros', OBJECT_ID, '00'.repeat(12), `{"$oid":"${'00'.repeat(12)}"}`],
  ['an ObjectId of ones', OBJECT_ID, 'ff'.repeat(12), `{"$oid":"${'ff'.repeat(12)}"}`],
  ['a date long before 1970', DATE, 'c33ce7b9bdffffff', '{"$date":{"$numberLong":"-284643869501"}}'],
  ['a regular expression without anything', REGULAR_EXPRESSION, '00 00', re('', '')],
  ['a regular expression with slashes', REGULAR_EXPRESSION, '61622f636400 696d00', re('ab/cd', 'im')],
  ['a regular expression beyond ASCII', REGULAR_EXPRESSION, 'c3a900 7300', re('é', 's')],
  ['a timestamp', TIMESTAMP, '2a00000015cd5b07', '{"$timestamp":{"t":123456789,"i":42}}'],
  ['the first timestamp', TIMESTAMP, '0000000000000000', '{"$timestamp":{"t":0,"i":0}}'],
  ['an array in an array', ARRAY, nested(bsonElement(ARRAY, '0', nested())), '[[]]'],
  ['an array of one', ARRAY, nested(bsonElement(INT32, '0', '0a000000')), '[{"$numberInt":"10"}]', '[10]'],
  ...decimals({
    '00000000000000000000000000000078': 'Infinity',
    '00000000000000000000000000004030': '0',
    '000000000000000000000000000040b0': '-0',
    '00000000000000000000000000009230': '0E+41',
    '01000000000000000000000000000000': '1E-6176',
    ffffffff638e8d37c087adbe09edff5f: '9.999999999999999999999999999999999E+6144',
    ffffffff638e8d37c087adbe09edffdf: '-9.999999999999999999999999999999999E+6144',
    f2af967ed05c82de3297ff6fde3cfc2f: '0.1234567890123456789012345678901234',
    '15cd5b0700000000000000000000203a': '1.23456789E+1272',
  }),
]

/** What has a meaning for drivers, or for the server in a query, is a document like any other. */
const LOOKALIKES: readonly Case[] = [
  [
    'a DBRef with a database and more',
    DOCUMENT,
    nested(
      bsonElement(STRING, '$ref', text('c')),
      bsonElement(OBJECT_ID, '$id', OID),
      bsonElement(STRING, '$db', text('d')),
      bsonElement(NULL, '$a.b', ''),
    ),
    `{"$ref":"c","$id":{"$oid":"${OID}"},"$db":"d","$a.b":null}`,
  ],
  ['half a DBRef', DOCUMENT, nested(bsonElement(STRING, '$ref', text('c'))), '{"$ref":"c"}'],
  [
    'a DBRef whose $ref is no text',
    DOCUMENT,
    nested(bsonElement(NULL, '$ref', ''), bsonElement(OBJECT_ID, '$id', OID)),
    `{"$ref":null,"$id":{"$oid":"${OID}"}}`,
  ],
  [
    'the query operators $regex and $options',
    DOCUMENT,
    nested(bsonElement(REGULAR_EXPRESSION, '$regex', '6100 00'), bsonElement(STRING, '$options', text('ix'))),
    `{"$regex":${re('a', '')},"$options":"ix"}`,
  ],
  ['the query operator $type', DOCUMENT, nested(bsonElement(STRING, '$type', text('string'))), '{"$type":"string"}'],
  [
    'names that are empty, a dollar, a point or both',
    DOCUMENT,
    nested(...['', '$', '.', '$.', '$a', 'a.b', 'a$'].map((name) => bsonElement(NULL, name, ''))),
    '{"":null,"$":null,".":null,"$.":null,"$a":null,"a.b":null,"a$":null}',
  ],
]

/** What a driver does not write back as it was. */
const ONE_WAY: readonly Case[] = [
  ['the first date', DATE, '0000000000000080', '{"$date":{"$numberLong":"-9223372036854775808"}}'],
  ...decimals({
    '0000000000000000000000000000fe7f': 'NaN',
    '000000000000000000000000000000fc': 'NaN',
    '000000000000000000000000000000fe': 'NaN',
    ffffffffffffffffffffffffffffff78: 'Infinity',
  }),
  ['NaN with more bits', DOUBLE, '120000000000f87f', '{"$numberDouble":"NaN"}'],
  ['a negative NaN', DOUBLE, '000000000000f8ff', '{"$numberDouble":"NaN"}'],
  ['options in no order', REGULAR_EXPRESSION, '61626300 6d697800', re('abc', 'imx')],
  [
    'an array whose indexes are empty',
    ARRAY,
    nested(bsonElement(NULL, '', ''), bsonElement(NULL, '', '')),
    '[null,null]',
  ],
  [
    'an array with an index twice',
    ARRAY,
    nested(bsonElement(NULL, '0', ''), bsonElement(NULL, '0', '')),
    '[null,null]',
  ],
  ['a DBPointer beyond ASCII', DB_POINTER, `${text('é')}${OID}`, `{"$dbPointer":{"$ref":"é","$id":{"$oid":"${OID}"}}}`],
]

const EXACT = [...NUMBERS, ...TEXTS, ...SUBTYPES, ...OTHERS, ...LOOKALIKES]

for (const [what, type, hex, canonical, relaxed = canonical] of [...EXACT, ...ONE_WAY])
  test(`${what} has its text in each form`, () => {
    const document = bsonDocument(bsonElement(type, 'a', hex))
    expect(documentText('canonical', document)).toBe(`{"a":${canonical}}`)
    expect(documentText('relaxed', document)).toBe(`{"a":${relaxed}}`)
    expect(JSON.parse(documentText('debezium', document))).toHaveProperty('a')
  })

for (const [what, type, hex] of EXACT)
  test(`${what}: a driver makes the same bytes of the canonical text`, () => {
    const document = bsonDocument(bsonElement(type, 'a', hex))
    const read = BSON.EJSON.parse(documentText('canonical', document), { relaxed: false })
    expect(Buffer.from(BSON.serialize(read)).toString('hex')).toBe(document.toString('hex'))
  })

test('a document with one value of each type', () => {
  const values = [...NUMBERS, ...TEXTS, ...SUBTYPES, ...OTHERS, ...LOOKALIKES, ...ONE_WAY]
  const elements = values.map(([, type, hex], at) => bsonElement(type, String(at), hex))
  const members = values.map(([, , , canonical], at) => `"${at}":${canonical}`)
  expect(documentText('canonical', bsonDocument(...elements))).toBe(`{${members.join(',')}}`)
})
