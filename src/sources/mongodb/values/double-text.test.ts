import fc from 'fast-check'
import { expect, test } from 'vitest'
import { doubleText } from './double-text.ts'

// As Java's Double.toString.
test.each([
  [1, '1.0'],
  [-1.5, '-1.5'],
  [0.001, '0.001'],
  [0.0001, '1.0E-4'],
  [9_999_999.999, '9999999.999'],
  [1e7, '1.0E7'],
  [123_456_780, '1.2345678E8'],
  [123_456_789_012_345_680, '1.2345678901234568E17'],
  [1e21, '1.0E21'],
  [Number.MAX_VALUE, '1.7976931348623157E308'],
  [2 ** 53, '9.007199254740992E15'],
])('%d is %s', (value, text) => {
  expect(doubleText(value)).toBe(text)
})

test('each finite double reads back as itself, and is no integer to a reader of JSON', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = doubleText(value)
      expect(JSON.parse(text)).toBe(value)
      expect(text).toMatch(/\./)
    }),
  )
})
