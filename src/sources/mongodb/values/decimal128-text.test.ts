import fc from 'fast-check'
import { BSON } from 'mongodb'
import { expect, test } from 'vitest'
import { randomDecimal128 } from '../../../../test/support/random-document.ts'
import { decimal128Text } from './decimal128-text.ts'

test.each([
  ['00000000000000000000000000000000', 'the smallest exponent', '0E-6176'],
  ['0000000000000000000000000000fe5f', 'the largest exponent', '0E+6111'],
  ['ffffffff638e8d37c087adbe09ed4130', 'all 34 digits', '9999999999999999999999999999999999'],
  ['00000000648e8d37c087adbe09ed4130', 'more than 34 digits', '0'],
  ['0100000000000000000000000080116c', 'a coefficient of the large form', '0E+3'],
  ['010000000000000000000000000034b0', 'six decimals', '-0.000001'],
  ['010000000000000000000000000032b0', 'seven decimals', '-1E-7'],
  ['d2040000000000000000000000003c30', 'two decimals', '12.34'],
  ['d2040000000000000000000000004630', 'an exponent', '1.234E+6'],
  ['000000000000000000000000000000f8', 'infinity', '-Infinity'],
  ['0000000000000000000000000000007c', 'NaN', 'NaN'],
  ['1200000000000000000000000000007e', 'a signalling NaN', 'NaN'],
])('%s, %s: %s', (hex, _what, text) => {
  expect(decimal128Text(Buffer.from(hex, 'hex'), 0)).toBe(text)
})

test('a decimal has the text that bson gives it', () => {
  fc.assert(
    fc.property(randomDecimal128, (value) => {
      expect(decimal128Text(value, 0)).toBe(new BSON.Decimal128(value).toString())
    }),
    { numRuns: 2000 },
  )
})
