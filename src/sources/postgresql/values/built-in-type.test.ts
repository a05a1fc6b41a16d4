import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteWriter } from '../../../model/byte-writer.ts'
import { builtInTypes } from './built-in-type.ts'
import { modeForms } from './mode-form.ts'
import { DEFAULT_MODES } from './postgresql-modes.ts'

const TYPES = new Map([...builtInTypes(modeForms(DEFAULT_MODES)).values()].map((type) => [type.name, type]))

function write(type: string, value: string | Buffer): string {
  const to = new ByteWriter(8)
  const from = Buffer.concat([Buffer.from('>'), Buffer.from(value), Buffer.from('<')])
  TYPES.get(type)?.write(from, 1, from.length - 1, to)
  return to.take().toString('utf8')
}

test.each([
  ['int8', '-9223372036854775808', '-9223372036854775808'],
  ['float8', '1e-07', '1e-07'],
  ['float8', '-Infinity', '"-Infinity"'],
  ['numeric', '1.10', '"1.10"'],
  ['money', '-$1,234.50', '"-1234.50"'],
  ['bool', 't', 'true'],
  ['bytea', '\\xdeadbeef', '"3q2+7w=="'],
  ['bytea', '\\x', '""'],
  ['char', Buffer.from([0xc3]), '"\\\\303"'],
  ['date', '2024-02-29', '"2024-02-29"'],
  ['date', '12345-06-07', '"+012345-06-07"'],
  ['date', '5874897-12-31', '"+5874897-12-31"'],
  ['date', '0001-12-31 BC', '"0000-12-31"'],
  ['date', '0044-03-15 BC', '"-000043-03-15"'],
  ['date', 'infinity', '"infinity"'],
  ['timestamp', '2024-02-29 12:34:56.123456', '"2024-02-29T12:34:56.123456"'],
  ['timestamptz', '2024-02-29 12:34:56.7+00', '"2024-02-29T12:34:56.7Z"'],
  ['timestamptz', '0044-03-15 11:00:00+00 BC', '"-000043-03-15T11:00:00Z"'],
  ['timetz', '12:34:56.7-05', '"12:34:56.7-05:00"'],
  ['timetz', '12:34:56+12:34:56', '"12:34:56+12:34:56"'],
  ['jsonb', '{"a": 1.0}', '"{\\"a\\": 1.0}"'],
  ['int4[]', '{1,NULL,{2,3}}', '[1,null,[2,3]]'],
  ['text[]', '{"a\\"b\\\\c","NULL","",x}', '["a\\"b\\\\c","NULL","","x"]'],
  ['int4[]', '[2:3]={5,6}', '"[2:3]={5,6}"'],
])('%s %s is written as %s', (type, value, json) => {
  expect(write(type, value)).toBe(json)
})

test.each([
  ['int4', ''],
  ['int4', '-'],
  ['int4', '01'],
  ['int4', '1.5'],
  ['float8', '1.'],
  ['float8', 'nan'],
  ['float8', '1e'],
  ['money', '1.50 €'],
  ['bool', 'true'],
  ['bytea', '\\xabc'],
  ['bytea', '\\xzz'],
  ['date', '29.02.2024'],
  ['date', '20240-2-9'],
  ['timestamptz', '2024-02-29 12:34:56+02'],
  ['timestamp', '2024-02-29'],
  ['time', '12:34'],
  ['int4[]', '{1,2'],
  ['int4[]', '{1,2}}'],
  ['int4[]', '{,}'],
  ['int4[]', '{{{{{{{1}}}}}}}'],
  ['text[]', '{"a'],
  ['text[]', '{"a\\'],
])('%s refuses %j', (type, value) => {
  expect(() => write(type, value)).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }))
})

test('any text is a JSON string that says the same', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\u0001', 'a', 'ü'), maxLength: 300 }),
  )
  fc.assert(
    fc.property(text, (value) => {
      expect(JSON.parse(write('text', value))).toBe(value)
    }),
  )
})

test('bytes that are no UTF-8 are refused', () => {
  for (const bytes of [[0xff], [0x22, 0xc3], Array.from({ length: 200 }, () => 0xe2)]) {
    expect(() => write('text', Buffer.from(bytes))).toThrow(expect.objectContaining({ code: 'TEXT_NOT_UTF8' }))
  }
})
