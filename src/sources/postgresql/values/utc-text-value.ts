import type { ByteWriter } from '../../../model/byte-writer.ts'
import type { JsonWriter } from '../../../model/table.ts'
import { invalidValue } from '../../../values/value-error.ts'
import { readClockUs } from './epoch-value.ts'
import {
  endOfDay,
  infinitySign,
  lastOfEra,
  readDigits,
  startOfUtc,
  startOfZone,
  writeClock,
  writeDay,
  writeInfinity,
  writeMoment,
} from './time-value.ts'

/*
 * Dates and times as text in UTC, as Debezium writes them. All end in Z, and years BC and beyond 9999 have a sign and at least four digits.
 * timestamptz and timetz have this form in every mode, the other types only with isostring.
 */

const QUOTE = 0x22
const UPPER_Z = 0x5a
const ZERO = 0x30
const COLON = 0x3a
const MINUS = 0x2d
const POINT = 0x2e
const YEAR_DIGITS = 4
const US_PER_DAY = 86_400_000_000
/** `hh:mm:ss` */
const CLOCK_LENGTH = 8
const SECONDS_PER_DAY = 86_400
/** What Debezium writes for `-infinity` and `infinity`: see epoch-value.ts. */
const INFINITE_DAY = ['"-5877611-06-22Z"', '"-5877611-06-21Z"'] as const
const INFINITE_MOMENT = ['"-290308-12-21T19:59:27.6Z"', '"+294247-01-10T04:00:25.2Z"'] as const

export const writeIsoDate: JsonWriter = (from, start, end, to) => {
  const sign = infinitySign(from, start, end)
  if (sign !== 0) {
    to.ascii(INFINITE_DAY[sign < 0 ? 0 : 1])
    return
  }
  const last = lastOfEra(from, start, end)
  to.byte(QUOTE)
  writeDay(from, start, last, last < end, to, YEAR_DIGITS)
  writeEnd(to)
}

/** 24:00:00 is written as 00:00:00, as in Debezium. */
export const writeIsoTime: JsonWriter = (from, start, end, to) => {
  to.byte(QUOTE)
  if (end - start === CLOCK_LENGTH && readClockUs(from, start, end) === US_PER_DAY) to.ascii('00:00:00')
  else writeClock(from, start, end, to)
  writeEnd(to)
}

export const writeIsoTimestamp: JsonWriter = (from, start, end, to) => {
  const sign = infinitySign(from, start, end)
  if (sign !== 0) {
    to.ascii(INFINITE_MOMENT[sign < 0 ? 0 : 1])
    return
  }
  const last = lastOfEra(from, start, end)
  to.byte(QUOTE)
  writeMoment(from, start, last, last < end, to, YEAR_DIGITS)
  writeEnd(to)
}

/** timestamptz, with as many decimals as its type has. */
export function zonedWriter(precision: number): JsonWriter {
  return (from, start, end, to) => {
    if (writeInfinity(from, start, end, to)) return
    const last = lastOfEra(from, start, end)
    const zoneAt = startOfUtc(from, start, last)
    to.byte(QUOTE)
    writeMoment(from, start, zoneAt, last < end, to, YEAR_DIGITS)
    writeZeros(zoneAt - endOfDay(from, start, zoneAt) - 1, precision, to)
    writeEnd(to)
  }
}

/** Writes zeros up to the precision, after a clock of `clockLength` characters. */
function writeZeros(clockLength: number, precision: number, to: ByteWriter): void {
  if (precision > 0 && clockLength === CLOCK_LENGTH) to.byte(POINT)
  const decimals = Math.max(clockLength - CLOCK_LENGTH - 1, 0)
  for (let i = decimals; i < precision; i++) to.byte(ZERO)
}

/** timetz, converted to the offset 0. */
export const writeUtcTime: JsonWriter = (from, start, end, to) => {
  const zoneAt = startOfZone(from, start, end)
  const us = readClockUs(from, start, zoneAt)
  const offset = readOffset(from, zoneAt + 1, end) * (from[zoneAt] === MINUS ? -1 : 1)
  const seconds = (Math.floor(us / 1_000_000) - offset + 2 * SECONDS_PER_DAY) % SECONDS_PER_DAY
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  to.ascii(`"${twoDigits(hours)}:${twoDigits(minutes)}:${twoDigits(seconds % 60)}`)
  if (zoneAt - start > 8) to.copy(from, start + 8, zoneAt)
  writeEnd(to)
}

/** Reads `hh`, `hh:mm` or `hh:mm:ss`, in seconds. */
function readOffset(from: Uint8Array, start: number, end: number): number {
  let seconds = 0
  for (let at = start, unit = 3600; at < end; at += 3, unit /= 60) {
    if (unit < 1 || at + 2 > end || (at > start && from[at - 1] !== COLON)) {
      throw invalidValue('an offset from UTC', end - start)
    }
    seconds += readDigits(from, at, at + 2) * unit
  }
  return seconds
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}

function writeEnd(to: ByteWriter): void {
  to.byte(UPPER_Z)
  to.byte(QUOTE)
}
