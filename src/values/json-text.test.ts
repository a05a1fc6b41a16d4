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

const PIECES = ['a', ' ', '~', '\u007f', '"', '\\', '\u0000', '\u001f', '\n', 'ä', '漢', '\u{1f600}']

test('a special character is found at every place of a text, and no other is taken for one', () => {
  for (const piece of PIECES) {
    for (let before = 0; before < 9; before++) {
      const text = `${'!'.repeat(before)}${piece}${'}'.repeat(8 - before)}`
      const to = new ByteWriter(16)
      const bytes = Buffer.from(`..${text}`)
      writeText(bytes, 2, bytes.length, to)
      expect(to.bytes.toString('utf8', 0, to.length)).toBe(JSON.stringify(text))
    }
  }
})

test('bytes that are not UTF-8 are refused at every place of a text', () => {
  for (let at = 0; at < 9; at++) {
    const bytes = Buffer.alloc(9, 'x')
    bytes[at] = 0xa0
    expect(() => writeText(bytes, 0, bytes.length, new ByteWriter(16))).toThrow(/UTF-8/u)
  }
})
