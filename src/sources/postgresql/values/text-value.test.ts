import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteWriter } from '../../../model/byte-writer.ts'
import type { JsonWriter } from '../../../model/table.ts'
import { writeBytea, writeText } from './text-value.ts'

/** What is written of a value that lies within other bytes. */
function written(write: JsonWriter, value: Buffer): Buffer {
  const from = Buffer.concat([Buffer.from('##'), value, Buffer.from('##')])
  const to = new ByteWriter(16)
  write(from, 2, 2 + value.length, to)
  return to.bytes.subarray(0, to.length)
}

test('a bytea of any length is the base64 of its bytes, also where it is written in pieces', () => {
  const lengths = fc.oneof(
    fc.nat(100),
    fc.integer({ min: 49_140, max: 49_160 }),
    fc.integer({ min: 98_290, max: 98_320 }),
  )
  fc.assert(
    fc.property(lengths, fc.nat(255), (length, first) => {
      const bytes = Buffer.from(Array.from({ length }, (_, i) => (first + 7 * i + (i >> 8)) & 255))
      const json = written(writeBytea, Buffer.from(`\\x${bytes.toString('hex')}`))
      expect(json.toString() === `"${bytes.toString('base64')}"`).toBe(true)
    }),
    { numRuns: 60 },
  )
})

test('what is not hexadecimal is refused in any piece', () => {
  for (const at of [2, 98_303, 98_306, 150_000]) {
    const text = Buffer.from(`\\x${'ab'.repeat(100_000)}`)
    text[at] = 0x2d
    expect(() => written(writeBytea, text)).toThrow(/not bytes in hexadecimal form/u)
  }
})

test('a long text with escapes takes the room that it needs, and no more', () => {
  const text = `"\\\n\u0001ä${'x'.repeat(100)}`.repeat(20_000)
  const to = new ByteWriter(16)
  const bytes = Buffer.from(text)
  writeText(bytes, 0, bytes.length, to)
  expect(JSON.parse(to.bytes.toString('utf8', 0, to.length)) === text).toBe(true)
  expect(to.bytes.length).toBeLessThan(to.length + 16)
})
