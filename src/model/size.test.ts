import { expect, test } from 'vitest'
import { parseSizeBytes } from './size.ts'

test.each([
  ['64MB', 67_108_864],
  ['500GB', 536_870_912_000],
  ['1.5TB', 1_649_267_441_664],
  ['512GiB', 549_755_813_888],
  [' 10kB ', 10_240],
  ['0B', 0],
])('%s is a size', (text, bytes) => {
  expect(parseSizeBytes(text)).toBe(bytes)
})

test.each(['', '64', 'MB', '64 MB', '-1GB', '1e3MB', '64mb', '1..5GB', '64MBx'])('%s is none', (text) => {
  expect(parseSizeBytes(text)).toBeNull()
})
