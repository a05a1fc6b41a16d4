import { expect, test } from 'vitest'
import { ByteWriter } from '../model/byte-writer.ts'
import { writeText } from './json-text.ts'

test('a long text with escapes takes the room that it needs, and no more', () => {
  const text = `"\\\n\u0001ä${'x'.repeat(100)}`.repeat(20_000)
  const to = new ByteWriter(16)
  const bytes = Buffer.from(text)
  writeText(bytes, 0, bytes.length, to)
  expect(JSON.parse(to.bytes.toString('utf8', 0, to.length)) === text).toBe(true)
  expect(to.bytes.length).toBeLessThan(to.length + 16)
})
