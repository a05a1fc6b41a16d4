import fc from 'fast-check'
import { BSON } from 'mongodb'
import { expect, test } from 'vitest'
import { randomDecimal128 } from '../../../../test/support/random-document.ts'
import { ByteWriter } from '../../../model/byte-writer.ts'
import { writeDecimal128 } from './decimal128-text.ts'

function decimal128Text(bytes: Uint8Array): string {
  const to = new ByteWriter(8)
  writeDecimal128(bytes, 0, to)
  return to.bytes.toString('latin1', 0, to.length)
}

test.each([
  ['00000000000000000000000000000000', 'the smallest exponent', '0E-6176'],
  ['0000000000000000000000000000fe5f', 'the largest exponent', '0E+6111'],
  ['ffffffff638e8d37c087adbe09ed4130', 'all 34 digits', '9999999999999999999999999999999999'],
  ['00000000648e8d37c087adbe09ed4130', 'more than 34 digits', '0'],
  ['0100000000000000000000000080116c', 'a coefficient of the large form', '0E+3'],
  ['010000000000000000000000000034b0', 'six decimals', '-0.000001'],
  ['010000000000000000000000000032b0', 'seven decimals', '-1E-7'],
  ['d2040000000000000000000000003c30', 'two decimals', '12.34'],
  ['d20400000000000000000000000040b0', 'none', '-1234'],
  ['00000000000000000000000000003cb0', 'minus zero', '-0.00'],
  ['05000000000000000000000000003c30', 'zeros behind the point', '0.05'],
  ['ffffffff000000000000000000003430', 'a coefficient of 32 bits', '4294.967295'],
  ['00000000010000000000000000003430', 'a larger one', '4294.967296'],
  ['d2040000000000000000000000004630', 'an exponent', '1.234E+6'],
  ['000000000000000000000000000000f8', 'infinity', '-Infinity'],
  ['0000000000000000000000000000007c', 'NaN', 'NaN'],
  ['1200000000000000000000000000007e', 'a signalling NaN', 'NaN'],
])('%s, %s: %s', (hex, _what, text) => {
  expect(decimal128Text(Buffer.from(hex, 'hex'))).toBe(text)
})

/** A coefficient and an exponent as they are common. */
const common = fc.record({
  coefficient: fc.integer({ min: -5_000_000_000, max: 5_000_000_000 }),
  exponent: fc.integer({ min: -9, max: 2 }),
})

test('an amount has the text that bson gives it', () => {
  fc.assert(
    fc.property(common, ({ coefficient, exponent }) => {
      const value = BSON.Decimal128.fromString(`${coefficient}E${exponent}`)
      expect(decimal128Text(value.bytes)).toBe(value.toString())
    }),
  )
})

test('a decimal has the text that bson gives it', () => {
  fc.assert(
    fc.property(randomDecimal128, (value) => {
      expect(decimal128Text(value)).toBe(new BSON.Decimal128(value).toString())
    }),
    { numRuns: 2000 },
  )
})
