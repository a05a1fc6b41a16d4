import { expect, test } from 'vitest'
import { byteConstant } from './byte-constant.ts'
import { ByteWriter } from './byte-writer.ts'

const TEXTS = [
  '',
  'a',
  ',"name":',
  ',"größe":',
  'x'.repeat(96),
  'x'.repeat(97),
  '漢'.repeat(8),
  '\u{10ffff}'.repeat(8),
  '\u007f'.repeat(8),
]

test.each(TEXTS)('the constant "%s" is written as it is, and what follows it is intact', (text) => {
  for (let before = 0; before < 8; before++) {
    const to = new ByteWriter(4)
    to.ascii('<'.repeat(before))
    to.constant(byteConstant(text))
    to.constant(byteConstant('>'))
    expect(to.bytes.toString('utf8', 0, to.length)).toBe(`${'<'.repeat(before)}${text}>`)
  }
})
