import { expect, test } from 'vitest'
import { systemClock } from '../program/system-clock.ts'
import { parseTimeMs, sinceOption } from './since-option.ts'

const NOW_MS = Date.UTC(2026, 10, 29, 9)

function since(text: string, timeZone = 'UTC'): number | null {
  const common = { config: null, json: false, logLevel: null, quiet: false, color: false }
  const clock = { ...systemClock, nowMs: () => NOW_MS }
  return sinceOption({ words: [], options: { since: text }, common }, { clock, timeZone })
}

test.each([
  ['2026-11-29T08:00', 'UTC', '2026-11-29T08:00:00.000Z'],
  ['2026-11-29T08:00', 'Europe/Berlin', '2026-11-29T07:00:00.000Z'],
  ['2026-07-01 08:00', 'Europe/Berlin', '2026-07-01T06:00:00.000Z'],
  ['2026-07-01', 'America/New_York', '2026-07-01T04:00:00.000Z'],
  ['2026-11-29T08:00:05.25', 'Asia/Kolkata', '2026-11-29T02:30:05.250Z'],
  ['2026-11-29T08:00Z', 'Europe/Berlin', '2026-11-29T08:00:00.000Z'],
  ['2026-11-29T08:00+01:00', 'UTC', '2026-11-29T07:00:00.000Z'],
  ['2026-11-29T08:00-0330', 'UTC', '2026-11-29T11:30:00.000Z'],
  // As the short lines print it.
  ['2026-11-29 08:00:05 +01:00', 'UTC', '2026-11-29T07:00:05.000Z'],
  ['2026-11-29 08:00:05 UTC', 'Europe/Berlin', '2026-11-29T08:00:05.000Z'],
  // Twice in that night, and never in that one.
  ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
  ['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
  ['2026-03-29T03:30', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
  ['2026-10-25T03:30', 'Europe/Berlin', '2026-10-25T02:30:00.000Z'],
  ['2026-11-01T01:30', 'America/New_York', '2026-11-01T05:30:00.000Z'],
])('%s in %s is %s', (text, timeZone, iso) => {
  expect(new Date(parseTimeMs(text, timeZone) ?? Number.NaN).toISOString()).toBe(iso)
})

test.each([
  '',
  'yesterday',
  '2026-11-31',
  '2026-13-01',
  '2026-11-29T24:00',
  '2026-11-29T08',
  '08:00',
  '2026-11-29T08:00+99:00',
])('%j is no time', (text) => {
  expect(parseTimeMs(text, 'UTC')).toBeNull()
})

test('a duration counts back from now', () => {
  expect(since('10m')).toBe(NOW_MS - 600_000)
})

test.each(['soon', '-10m', '10'])('--since %s is refused with examples of both forms', (text) => {
  expect(() => since(text)).toThrow('--since takes a duration or a time.')
  expect(() => since(text)).toThrow(
    expect.objectContaining({ found: text, expected: expect.stringContaining('local time') }),
  )
})

test('a time in the future is refused with both times', () => {
  expect(() => since('2026-11-29T10:00', 'Europe/Berlin')).not.toThrow()
  expect(() => since('2026-11-29T10:01', 'Europe/Berlin')).toThrow(
    expect.objectContaining({
      found: '2026-11-29T10:01, which is 2026-11-29T09:01:00.000Z; it is 2026-11-29T09:00:00.000Z now',
    }),
  )
})
