import { expect, test } from 'vitest'
import { eventGapMs } from './event-rhythm.ts'

test.each([
  ['1', 'MINUTE', 60_000],
  ['90', 'SECOND', 90_000],
  ["'1:30'", 'MINUTE_SECOND', 90_000],
  ["'1 2:3:4'", 'DAY_SECOND', 93_784_000],
  ["'1-2'", 'YEAR_MONTH', null],
  ['2', 'WEEK', 1_209_600_000],
  ['x', 'SECOND', null],
  ['1', 'FORTNIGHT', null],
  [null, null, null],
])('EVERY %s %s is %s ms', (value, field, gapMs) => {
  expect(eventGapMs(value, field)).toBe(gapMs)
})
