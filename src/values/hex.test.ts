import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteWriter } from '../model/byte-writer.ts'
import { hexForm } from './hex.ts'

/** What is written of digits that lie within other bytes. */
function base64Of(digits: Buffer): Buffer {
  const from = Buffer.concat([Buffer.from('##'), digits, Buffer.from('##')])
  const to = new ByteWriter(16)
  hexForm('base64').write(from, 2, 2 + digits.length, to)
  return to.bytes.subarray(0, to.length)
}

test('digits of any length are written as the base64 of their bytes, also in pieces', () => {
  const lengths = fc.oneof(
    fc.nat(100),
    fc.integer({ min: 49_140, max: 49_160 }),
    fc.integer({ min: 98_290, max: 98_320 }),
  )
  fc.assert(
    fc.property(lengths, fc.nat(255), (length, first) => {
      const bytes = Buffer.from(Array.from({ length }, (_, i) => (first + 7 * i + (i >> 8)) & 255))
      const json = base64Of(Buffer.from(bytes.toString('hex')))
      expect(json.toString() === `"${bytes.toString('base64')}"`).toBe(true)
    }),
    { numRuns: 60 },
  )
})

test('what is not hexadecimal is refused in any piece', () => {
  for (const at of [0, 98_303, 98_306, 150_000]) {
    const text = Buffer.from('ab'.repeat(100_000))
    text[at] = 0x2d
    expect(() => base64Of(text)).toThrow(/not bytes in hexadecimal form/u)
  }
})
