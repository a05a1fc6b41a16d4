import { expect, test } from 'vitest'
import { ByteWriter } from '../../../model/byte-writer.ts'
import type { JsonWriter } from '../../../model/table.ts'
import type { DecimalHandlingMode, TimePrecisionMode } from '../../../values/value-modes.ts'
import { decimalForm } from './decimal-form.ts'
import { datetimeWriter, timeWriter, writeDate } from './temporal-value.ts'
import { timeForms } from './time-form.ts'

function json(write: JsonWriter, hex: string): string {
  const bytes = Buffer.from(hex, 'hex')
  const to = new ByteWriter(16)
  write(bytes, 0, bytes.length, to)
  return to.take().toString('utf8')
}

/** 1234567890.1234 and its negative as decimal(14,4), from MySQL's manual of the format. */
const POSITIVE = '810dfb38d204d2'
const NEGATIVE = '7ef204c72dfb2d'

test.each<[DecimalHandlingMode, string, string]>([
  ['string', '"1234567890.1234"', '"-1234567890.1234"'],
  ['double', '1234567890.1234', '-1234567890.1234'],
  ['precise', '"Czpzzi/y"', '"9MWMMdAO"'],
])('decimals as %s', (mode, positive, negative) => {
  const write = decimalForm(14, 4, mode)
  expect([json(write, POSITIVE), json(write, NEGATIVE)]).toEqual([positive, negative])
})

const DATE = '3cd40f'
const NO_DATE = '000000'
/** 2026-01-28 23:59:59.123456 */
const MOMENT = '99b8f97efb01e240'
const NO_MOMENT = '8000000000000000'
/** -00:00:01.500000 and 100:00:00 */
const NEGATIVE_TIME = '7ffffef85ee0'
const LONG_TIME = '864000'

test.each<[TimePrecisionMode, string]>([
  [
    'iso8601',
    '"2026-01-28" "0000-00-00" "2026-01-28T23:59:59.123456" "2026-01-28T23:59:59" "-00:00:01.500000" "100:00:00"',
  ],
  [
    'isostring',
    '"2026-01-28Z" "0000-00-00Z" "2026-01-28T23:59:59.123456Z" "2026-01-28T23:59:59Z" "-00:00:01.500000Z" "100:00:00Z"',
  ],
  ['adaptive', '20481 null 1769644799123456 1769644799000 -1500000 360000000'],
  ['adaptive_time_microseconds', '20481 null 1769644799123456 1769644799000 -1500000 360000000000'],
  ['connect', '20481 null 1769644799123 1769644799000 -1500 360000000'],
  ['microseconds', '20481 null 1769644799123456 1769644799000000 -1500000 360000000000'],
  ['nanoseconds', '20481 null 1769644799123456000 1769644799000000000 -1500000000 360000000000000'],
])('dates, moments and durations as %s', (mode, expected) => {
  const { date, datetime, time } = timeForms(mode)
  const found = [
    json(date(writeDate), DATE),
    json(date(writeDate), NO_DATE),
    json(datetime(datetimeWriter(6), 6), MOMENT),
    json(datetime(datetimeWriter(0), 0), MOMENT.slice(0, 10)),
    json(time(timeWriter(6), 6), NEGATIVE_TIME),
    json(time(timeWriter(0), 0), LONG_TIME),
  ]
  expect(found.join(' ')).toBe(expected)
})

test('a date with zero parts, or one that is not in the calendar, is not written as a number', () => {
  const { datetime } = timeForms('adaptive')
  const february31 = '99b93e0000000000'
  expect(json(datetime(datetimeWriter(6), 6), NO_MOMENT)).toBe('null')
  expect(json(datetime(datetimeWriter(6), 6), february31)).toBe('null')
})
