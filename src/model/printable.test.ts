import { expect, it } from 'vitest'
import { printable } from './printable.ts'

it('a name stays on one line and reads as it is written', () => {
  expect(printable('Bücher "Ä" 日本 😀')).toBe('Bücher "Ä" 日本 😀')
  expect(printable('a\nb\u001b[2Jc')).toBe(String.raw`a\nb\u001b[2Jc`)
  const hidden = ['202e', '2066', '061c', '200b', '00ad', '2060']
  const name = hidden.map((code) => `a${String.fromCharCode(Number.parseInt(code, 16))}`).join('')
  expect(printable(name)).toBe(hidden.map((code) => `a\\u${code}`).join(''))
})
