import { describe, expect, test } from 'vitest'
import { bsonDocument, bsonElement, documentText, keyText } from '../../../../test/support/bson-text.ts'
import { BSON_TYPE, DEEPEST } from './bson-type.ts'
import { DOCUMENT_FORMS } from './document-form.ts'

const OBJECT_ID = '507f1f77bcf86cd799439011'

/**
 * Type, value, and its text in the three forms. '=': as in the form before. The third is what the Java driver 5.6.2 writes with the settings
 * of Debezium's connector, save where a comment says otherwise.
 */
const CASES: readonly (readonly [string, number, string, string, string, string])[] = [
  ['int32 1', BSON_TYPE.INT32, '01000000', '{"$numberInt":"1"}', '1', '='],
  ['the smallest int32', BSON_TYPE.INT32, '00000080', '{"$numberInt":"-2147483648"}', '-2147483648', '='],
  ['int64 1', BSON_TYPE.INT64, '0100000000000000', '{"$numberLong":"1"}', '1', '{"$numberLong": "1"}'],
  [
    'an int64 beyond 2^53',
    BSON_TYPE.INT64,
    'ffffffffffffff7f',
    '{"$numberLong":"9223372036854775807"}',
    '9223372036854775807',
    '{"$numberLong": "9223372036854775807"}',
  ],
  [
    'the smallest int64',
    BSON_TYPE.INT64,
    '0000000000000080',
    '{"$numberLong":"-9223372036854775808"}',
    '-9223372036854775808',
    '{"$numberLong": "-9223372036854775808"}',
  ],
  ['double 1', BSON_TYPE.DOUBLE, '000000000000f03f', '{"$numberDouble":"1.0"}', '1.0', '='],
  ['double 0', BSON_TYPE.DOUBLE, '0000000000000000', '{"$numberDouble":"0.0"}', '0.0', '='],
  ['double -0', BSON_TYPE.DOUBLE, '0000000000000080', '{"$numberDouble":"-0.0"}', '-0.0', '='],
  ['double 1e20', BSON_TYPE.DOUBLE, '408cb5781daf1544', '{"$numberDouble":"1.0E20"}', '1.0E20', '='],
  ['double 0.0001', BSON_TYPE.DOUBLE, '2d431cebe2361a3f', '{"$numberDouble":"1.0E-4"}', '1.0E-4', '='],
  // The driver's STRICT writes the bare word, which is not JSON.
  ['NaN', BSON_TYPE.DOUBLE, '000000000000f87f', '{"$numberDouble":"NaN"}', '=', '{"$numberDouble": "NaN"}'],
  [
    'infinity',
    BSON_TYPE.DOUBLE,
    '000000000000f07f',
    '{"$numberDouble":"Infinity"}',
    '=',
    '{"$numberDouble": "Infinity"}',
  ],
  [
    '-infinity',
    BSON_TYPE.DOUBLE,
    '000000000000f0ff',
    '{"$numberDouble":"-Infinity"}',
    '=',
    '{"$numberDouble": "-Infinity"}',
  ],
  ['text', BSON_TYPE.STRING, '02000000 6100', '"a"', '=', '='],
  ['an empty text', BSON_TYPE.STRING, '01000000 00', '""', '=', '='],
  [
    'a text with what JSON escapes',
    BSON_TYPE.STRING,
    '0a000000 22 5c 2f 0a 09 01 00 08 0d 00',
    '"\\"\\\\/\\n\\t\\u0001\\u0000\\b\\r"',
    '=',
    '=',
  ],
  ['a text beyond ASCII', BSON_TYPE.STRING, '08000000 c3a9 e282ac 7f 61 00', '"é€\x7fa"', '=', '='],
  ['a text beyond U+FFFF', BSON_TYPE.STRING, '05000000 f09f9880 00', '"😀"', '=', '='],
  ['an empty document', BSON_TYPE.DOCUMENT, '0500000000', '{}', '=', '='],
  ['an empty array', BSON_TYPE.ARRAY, '0500000000', '[]', '=', '='],
  [
    'a document with an empty name and one with a dot and a dollar',
    BSON_TYPE.DOCUMENT,
    '12000000 0a 00 0a 24612e6200 08 220a00 01 00',
    '{"":null,"$a.b":null,"\\"\\n":true}',
    '=',
    '{"": null,"$a.b": null,"\\"\\n": true}',
  ],
  [
    'a name that occurs twice',
    BSON_TYPE.DOCUMENT,
    '0f000000 10 6100 01000000 0a 6100 00',
    '{"a":{"$numberInt":"1"},"a":null}',
    '{"a":1,"a":null}',
    '{"a": 1,"a": null}',
  ],
  [
    'an array whose names are not its indexes',
    BSON_TYPE.ARRAY,
    '0e000000 0a 3700 10 00 02000000 00',
    '[null,{"$numberInt":"2"}]',
    '[null,2]',
    '=',
  ],
  [
    'bytes',
    BSON_TYPE.BINARY,
    '03000000 00 010203',
    '{"$binary":{"base64":"AQID","subType":"00"}}',
    '=',
    '{"$binary": "AQID","$type": "00"}',
  ],
  [
    'no bytes of a subtype of its own',
    BSON_TYPE.BINARY,
    '00000000 80',
    '{"$binary":{"base64":"","subType":"80"}}',
    '=',
    '{"$binary": "","$type": "80"}',
  ],
  [
    'bytes of a subtype with letters, which the driver writes as capitals',
    BSON_TYPE.BINARY,
    '00000000 fa',
    '{"$binary":{"base64":"","subType":"fa"}}',
    '=',
    '{"$binary": "","$type": "FA"}',
  ],
  [
    'bytes of the old subtype, which gives the size twice',
    BSON_TYPE.BINARY,
    '06000000 02 02000000 ffff',
    '{"$binary":{"base64":"//8=","subType":"02"}}',
    '=',
    '{"$binary": "//8=","$type": "02"}',
  ],
  [
    'a UUID',
    BSON_TYPE.BINARY,
    '10000000 04 c8edabc3f7384ca3b68dab92a91478a3',
    '{"$binary":{"base64":"yO2rw/c4TKO2jauSqRR4ow==","subType":"04"}}',
    '=',
    '{"$binary": "yO2rw/c4TKO2jauSqRR4ow==","$type": "04"}',
  ],
  ['undefined', BSON_TYPE.UNDEFINED, '', '{"$undefined":true}', '=', '{"$undefined": true}'],
  ['an ObjectId', BSON_TYPE.OBJECT_ID, OBJECT_ID, `{"$oid":"${OBJECT_ID}"}`, '=', `{"$oid": "${OBJECT_ID}"}`],
  ['true', BSON_TYPE.BOOLEAN, '01', 'true', '=', '='],
  ['false', BSON_TYPE.BOOLEAN, '00', 'false', '=', '='],
  ['null', BSON_TYPE.NULL, '', 'null', '=', '='],
  [
    'a date',
    BSON_TYPE.DATE,
    'c5d8d6cc3b010000',
    '{"$date":{"$numberLong":"1356351330501"}}',
    '{"$date":"2012-12-24T12:15:30.501Z"}',
    '{"$date": 1356351330501}',
  ],
  [
    'a date with a fraction that ends in 0',
    BSON_TYPE.DATE,
    'c4d8d6cc3b010000',
    '{"$date":{"$numberLong":"1356351330500"}}',
    '{"$date":"2012-12-24T12:15:30.500Z"}',
    '{"$date": 1356351330500}',
  ],
  [
    'a date without a fraction',
    BSON_TYPE.DATE,
    '0000000000000000',
    '{"$date":{"$numberLong":"0"}}',
    '{"$date":"1970-01-01T00:00:00Z"}',
    '{"$date": 0}',
  ],
  ['a date before 1970', BSON_TYPE.DATE, 'ffffffffffffffff', '{"$date":{"$numberLong":"-1"}}', '=', '{"$date": -1}'],
  [
    'the last date with four digits',
    BSON_TYPE.DATE,
    'ffdb1fd277e60000',
    '{"$date":{"$numberLong":"253402300799999"}}',
    '{"$date":"9999-12-31T23:59:59.999Z"}',
    '{"$date": 253402300799999}',
  ],
  [
    'the first date of the year 10000',
    BSON_TYPE.DATE,
    '00dc1fd277e60000',
    '{"$date":{"$numberLong":"253402300800000"}}',
    '=',
    '{"$date": 253402300800000}',
  ],
  [
    'the last date',
    BSON_TYPE.DATE,
    'ffffffffffffff7f',
    '{"$date":{"$numberLong":"9223372036854775807"}}',
    '=',
    '{"$date": 9223372036854775807}',
  ],
  [
    'a regular expression, its options in order',
    BSON_TYPE.REGULAR_EXPRESSION,
    '61225c00 786900',
    '{"$regularExpression":{"pattern":"a\\"\\\\","options":"ix"}}',
    '=',
    '{"$regex": "a\\"\\\\","$options": "ix"}',
  ],
  [
    'a regular expression with an option that is no letter',
    BSON_TYPE.REGULAR_EXPRESSION,
    '00 78226900',
    '{"$regularExpression":{"pattern":"","options":"x\\"i"}}',
    '=',
    '{"$regex": "","$options": "x\\"i"}',
  ],
  [
    'a DBPointer',
    BSON_TYPE.DB_POINTER,
    `04000000 612e6200 ${OBJECT_ID}`,
    `{"$dbPointer":{"$ref":"a.b","$id":{"$oid":"${OBJECT_ID}"}}}`,
    '=',
    `{"$ref": "a.b","$id": {"$oid": "${OBJECT_ID}"}}`,
  ],
  ['code', BSON_TYPE.CODE, '04000000 66282900', '{"$code":"f()"}', '=', '{"$code": "f()"}'],
  ['a symbol', BSON_TYPE.SYMBOL, '02000000 7300', '{"$symbol":"s"}', '=', '{"$symbol": "s"}'],
  [
    'code with a scope',
    BSON_TYPE.CODE_WITH_SCOPE,
    '1c000000 04000000 66282900 10000000 12 7800 0100000000000000 00',
    '{"$code":"f()","$scope":{"x":{"$numberLong":"1"}}}',
    '{"$code":"f()","$scope":{"x":1}}',
    '{"$code": "f()","$scope": {"x": {"$numberLong": "1"}}}',
  ],
  [
    'a timestamp',
    BSON_TYPE.TIMESTAMP,
    'fffffffffeffffff',
    '{"$timestamp":{"t":4294967294,"i":4294967295}}',
    '=',
    '{"$timestamp": {"t": 4294967294,"i": 4294967295}}',
  ],
  [
    'a decimal',
    BSON_TYPE.DECIMAL128,
    '78000000000000000000000000003c30',
    '{"$numberDecimal":"1.20"}',
    '=',
    '{"$numberDecimal": "1.20"}',
  ],
  ['MinKey', BSON_TYPE.MIN_KEY, '', '{"$minKey":1}', '=', '{"$minKey": 1}'],
  ['MaxKey', BSON_TYPE.MAX_KEY, '', '{"$maxKey":1}', '=', '{"$maxKey": 1}'],
]

describe.each(CASES)('%s', (_what, type, hex, canonical, relaxedText, strictText) => {
  const relaxed = relaxedText === '=' ? canonical : relaxedText
  const strict = strictText === '=' ? relaxed : strictText
  const document = bsonDocument(bsonElement(type, 'a', hex), bsonElement(BSON_TYPE.NULL, 'z', ''))

  test('in canonical form', () => {
    expect(documentText('canonical', document)).toBe(`{"a":${canonical},"z":null}`)
  })

  test('in relaxed form', () => {
    expect(documentText('relaxed', document)).toBe(`{"a":${relaxed},"z":null}`)
  })

  test("in Debezium's form", () => {
    expect(documentText('debezium', document)).toBe(`{"a": ${strict},"z": null}`)
  })
})

test.each([
  ['canonical', '{"$numberLong":"1"}'],
  ['relaxed', '1'],
  ['debezium', '1'],
] as const)('the key %s is the value of its element', (form, text) => {
  expect(keyText(form, bsonElement(BSON_TYPE.INT64, '_id', '0100000000000000'))).toBe(text)
})

test.each([
  [BSON_TYPE.OBJECT_ID, OBJECT_ID, `{"$oid": "${OBJECT_ID}"}`],
  [BSON_TYPE.DATE, 'c4d8d6cc3b010000', '{"$date": "2012-12-24T12:15:30.5Z"}'],
  [BSON_TYPE.DATE, '0000000000000000', '{"$date": "1970-01-01T00:00:00Z"}'],
  [BSON_TYPE.DATE, 'ffffffffffffffff', '{"$date": {"$numberLong": "-1"}}'],
  [BSON_TYPE.BINARY, '01000000 00 01', '{"$binary": {"base64": "AQ==","subType": "00"}}'],
  [BSON_TYPE.REGULAR_EXPRESSION, '6100 6900', '{"$regularExpression": {"pattern": "a","options": "i"}}'],
  [BSON_TYPE.DOCUMENT, '12000000 10 6100 01000000 0a 6200 0a 6300 00', '{"a": 1,"b": null,"c": null}'],
])("Debezium's key of type %i is relaxed as the Java driver writes it", (type, hex, text) => {
  expect(keyText('debezium', bsonElement(type, '_id', hex))).toBe(text)
})

test.each(DOCUMENT_FORMS)('as many levels as a server can allow are written as %s', (form) => {
  const text = documentText(form, nested(DEEPEST))
  expect(text.match(/\{/g)?.length).toBe(DEEPEST)
})

/** Documents in each other. */
function nested(levels: number): Buffer {
  let document = bsonDocument()
  for (let level = 1; level < levels; level++) {
    document = bsonDocument(bsonElement(BSON_TYPE.DOCUMENT, 'a', document.toString('hex')))
  }
  return document
}
