import { expect, test } from 'vitest'
import { bytesInWords } from './figures.ts'
import { parseSizeBytes } from './size.ts'

test.each([
  [0, '0 bytes'],
  [1023, '1023 bytes'],
  [1024, '1 kB'],
  [1536, '1.5 kB'],
  [64 * 1024 ** 2, '64 MB'],
  [157.4 * 1024 ** 2, '157 MB'],
  [500 * 1024 ** 3, '500 GB'],
])('%d bytes are %s', (bytes, words) => {
  expect(bytesInWords(bytes)).toBe(words)
})

test('a size of the configuration is printed as it was written', () => {
  for (const size of ['64MB', '500GB', '1.5TB']) {
    expect(bytesInWords(parseSizeBytes(size) ?? 0).replace(' ', '')).toBe(size)
  }
})
