import fc from 'fast-check'
import { expect, it } from 'vitest'
import { formatDurationMs, parseDurationMs } from './duration.ts'

it.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['1m', 60_000],
  ['1.5h', 5_400_000],
  ['24h', 86_400_000],
  ['3d', 259_200_000],
  ['0s', 0],
  ['-5s', -5000],
])('%s is %i ms', (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms)
})

it.each(['', '5', 's', '5 s', '5S', '1m30s', '1e3s', '.5s', '5.s', 'off', '∞'])('%j is no duration', (text) => {
  expect(parseDurationMs(text)).toBeNull()
})

it('reads back what it writes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e12 }), (ms) => {
      expect(parseDurationMs(formatDurationMs(ms))).toBe(ms)
    }),
  )
})
