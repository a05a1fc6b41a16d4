import { expect, test } from 'vitest'
import { rowChange } from './row-age.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const WITHIN_MS = 3 * MINUTE_MS

const row = { first: true, ageMs: null, committedAgoMs: null, otherZones: false, updated: true }

test.each([
  ['fresh', 20_000, false, 'lately'],
  ['fresh, but somebody has another zone', 20_000, true, 'unknown'],
  ['as old as a zone away', HOUR_MS + 20_000, false, 'unknown'],
  ['half an hour of another zone', 5.5 * HOUR_MS + 20_000, false, 'unknown'],
  ['in the future by a zone', -2 * HOUR_MS + 20_000, false, 'unknown'],
  ['older than any zone explains', HOUR_MS + 7 * MINUTE_MS, false, 'long ago'],
  ['in the future, and no zone explains it', -HOUR_MS + 7 * MINUTE_MS, false, 'long ago'],
  ['days old', 3 * 24 * HOUR_MS + 20_000, false, 'long ago'],
  ['without a time', null, false, 'unknown'],
] as const)('a row that a job writes, %s', (_what, ageMs, otherZones, expected) => {
  expect(rowChange({ ...row, ageMs, otherZones }, WITHIN_MS, false)).toBe(expected)
})

test('a row that our own sessions write is read in their own zone', () => {
  const own = (ageMs: number) => rowChange({ ...row, ageMs, otherZones: true }, WITHIN_MS, true)
  expect([own(20_000), own(HOUR_MS + 20_000), own(-2 * HOUR_MS)]).toEqual(['lately', 'long ago', 'unknown'])
})

test('a moment is the same in every zone', () => {
  const moment = (ageMs: number) => rowChange({ ...row, ageMs, isMoment: true }, WITHIN_MS, false)
  expect([moment(20_000), moment(HOUR_MS + 20_000), moment(-2 * HOUR_MS)]).toEqual(['lately', 'long ago', 'unknown'])
})

test('the time of the commit, where the server keeps it, counts alone', () => {
  const committed = (committedAgoMs: number) =>
    rowChange({ ...row, ageMs: HOUR_MS + 7 * MINUTE_MS, otherZones: true, committedAgoMs }, WITHIN_MS, false)
  expect([committed(20_000), committed(HOUR_MS)]).toEqual(['lately', 'long ago'])
})
