import { expect, test } from 'vitest'
import { localTimes } from './local-time.ts'

const AT_MS = Date.UTC(2026, 0, 1, 23, 30, 5, 7)
const HOUR_MS = 3_600_000

test.each([
  ['UTC', '23:30:05 UTC'],
  ['Etc/UTC', '23:30:05 UTC'],
  ['Asia/Kathmandu', '05:15:05 +05:45'],
  ['America/St_Johns', '20:00:05 -03:30'],
  ['Europe/Berlin', '00:30:05 +01:00'],
])('in %s it is %s', (zone, time) => {
  expect(localTimes(zone)(AT_MS, AT_MS)).toBe(time)
})

test('the date is there where it is another day, by the days of the zone', () => {
  expect(localTimes('UTC')(AT_MS, AT_MS + HOUR_MS)).toBe('2026-01-01 23:30:05 UTC')
  expect(localTimes('Europe/Berlin')(AT_MS, AT_MS + HOUR_MS)).toBe('00:30:05 +01:00')
  expect(localTimes('Europe/Berlin')(AT_MS, AT_MS - HOUR_MS)).toBe('2026-01-02 00:30:05 +01:00')
})

test('the offset is that of the moment, in summer and in winter', () => {
  const july = Date.UTC(2026, 6, 1, 12)
  expect(localTimes('Europe/Berlin')(july, july)).toBe('14:00:00 +02:00')
})

test('milliseconds where they are asked for', () => {
  expect(localTimes('UTC')(AT_MS, AT_MS, 'milliseconds')).toBe('23:30:05.007 UTC')
})
