import { expect, test } from 'vitest'
import { ByteWriter } from './byte-writer.ts'
import { writeDigits, writeInteger } from './integer-text.ts'

function written(write: (to: ByteWriter) => void): string {
  const to = new ByteWriter(8)
  write(to)
  return to.bytes.toString('latin1', 0, to.length)
}

const aroundPowersOfTen = Array.from({ length: 16 }, (_, i) => [10 ** i - 1, 10 ** i, 10 ** i + 1, 7 * 10 ** i]).flat()

test.each([...aroundPowersOfTen, Number.MAX_SAFE_INTEGER, -1, -1_234_567_890, 2n ** 63n, -(2n ** 63n)])(
  'the number %s has the digits that JavaScript gives it',
  (value) => {
    expect(written((to) => writeInteger(value, to))).toBe(String(value))
  },
)

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('a number in %i digits has leading zeros', (count) => {
  for (const value of [0, 7, 10 ** count - 1, 123_456_789 % 10 ** count]) {
    const text = written((to) => {
      to.reserve(count + 4)
      writeDigits(value, count, to)
    })
    expect(text).toBe(String(value).padStart(count, '0'))
  }
})
