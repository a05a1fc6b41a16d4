import { ByteWriter } from '../../../model/byte-writer.ts'
import { writeDigits } from '../../../model/integer-text.ts'
import type { JsonWriter } from '../../../model/table.ts'
import { civilFromDays } from '../../../values/epoch.ts'
import { invalidValue } from '../../../values/value-error.ts'

/*
 * Dates and times in ISO 8601, with the column's number of decimals. A date with zero parts, which the server allows, is written as the
 * server prints it (`0000-00-00`, `2026-00-00`). TIME is not a time of day: it ranges from -838:59:59 to 838:59:59.
 *
 * Grammar, in bits from the most significant on; all but DATE, YEAR and the old forms most significant byte first:
 *   date        year:15 month:4 day:5                                       least significant byte first
 *   datetime2   sign:1 (year * 13 + month):17 day:5 hour:5 minute:6 second:6 fraction
 *   time2       sign:1 unused:1 hour:10 minute:6 second:6 fraction          a negative one is the two's complement of all
 *   timestamp2  seconds since 1970 in UTC:32 fraction                       0 without fraction: 0000-00-00 00:00:00
 *   fraction    one byte for one or two decimals, two for three or four, three for five or six; the last digit is 0 where they are odd
 *   old forms, of MySQL before 5.6.4, least significant byte first: timestamp seconds:32, datetime yyyymmddhhmmss:64, time hhhmmss:24 signed
 *
 * In datetime2 and time2 the sign bit is inverted: 1 is positive.
 */

const QUOTE = 0x22
const MINUS = 0x2d
const POINT = 0x2e
const COLON = 0x3a
const UPPER_T = 0x54
const UPPER_Z = 0x5a
/** Enough room for any of these values, with quotes. */
const ROOM_BYTES = 40
const SECONDS_PER_DAY = 86_400
/** The highest bit of three bytes: the sign bit of a positive time. */
const POSITIVE_TIME = 0x80_0000
const LONGEST_HOURS = 838
const HUNDRED_TO = [1, 100, 10_000, 1_000_000] as const

export const writeDate: JsonWriter = (from, start, _end, to) => {
  const packed = uint24(from, start)
  to.reserve(ROOM_BYTES)
  put(QUOTE, to)
  writeDay(packed >> 9, (packed >> 5) & 15, packed & 31, to)
  put(QUOTE, to)
}

/** A year is 0 or from 1901 to 2155. */
export const writeYear: JsonWriter = (from, start, _end, to) => {
  const packed = from[start] as number
  to.ascii(packed === 0 ? '0' : String(1900 + packed))
}

export function datetimeWriter(decimals: number): JsonWriter {
  return (from, start, _end, to) => {
    const months =
      (((from[start] as number) & 0x7f) << 10) | ((from[start + 1] as number) << 2) | ((from[start + 2] as number) >> 6)
    if (((from[start] as number) & 0x80) === 0) throw invalidValue('a date and time', 5)
    const year = Math.floor(months / 13)
    const clock = uint24be(from, start + 2) & 0x3f_ffff
    to.reserve(ROOM_BYTES)
    put(QUOTE, to)
    // The bits are day:5, hour:5, minute:6. The six bits of the second follow in the next two bytes.
    writeDay(year, months - year * 13, (clock >> 17) & 31, to)
    put(UPPER_T, to)
    writeClock((clock >> 12) & 31, (clock >> 6) & 63, clock & 63, to)
    writeFraction(from, start + 5, decimals, to)
    put(QUOTE, to)
  }
}

/** Most rows of a transaction have the same second, so its text is kept. */
export function timestampWriter(decimals: number): JsonWriter {
  const kept = new ByteWriter(ROOM_BYTES)
  let text: Uint8Array = kept.bytes
  let keptSeconds = -1
  return (from, start, _end, to) => {
    const seconds = (uint24be(from, start) * 256 + (from[start + 3] as number)) >>> 0
    const isZero = seconds === 0 && readFraction(from, start + 4, decimals) === 0
    if (seconds !== keptSeconds || seconds === 0) {
      keptSeconds = seconds
      text = secondText(seconds, isZero, kept)
    }
    to.reserve(ROOM_BYTES)
    to.append(text)
    writeFraction(from, start + 4, decimals, to)
    put(UPPER_Z, to)
    put(QUOTE, to)
  }
}

/** `"yyyy-mm-ddThh:mm:ss` of the time in UTC, in the memory of `kept`. */
function secondText(seconds: number, isZero: boolean, kept: ByteWriter): Uint8Array {
  const day = Math.floor(seconds / SECONDS_PER_DAY)
  kept.length = 0
  put(QUOTE, kept)
  writeCivil(isZero ? 0 : civilFromDays(day), kept)
  put(UPPER_T, kept)
  writeSeconds(isZero ? 0 : seconds - day * SECONDS_PER_DAY, kept)
  return kept.bytes.subarray(0, kept.length)
}

export function timeWriter(decimals: number): JsonWriter {
  const fractionBytes = (decimals + 1) >> 1
  const unit = 256 ** fractionBytes
  return (from, start, end, to) => {
    let packed = uint24be(from, start) - POSITIVE_TIME
    for (let i = 0; i < fractionBytes; i++) packed = packed * 256 + (from[start + 3 + i] as number)
    const isNegative = packed < 0
    if (isNegative) packed = -packed
    const clock = Math.floor(packed / unit)
    const fraction = packed - clock * unit
    if (clock >> 12 > LONGEST_HOURS || fraction >= 100 ** fractionBytes) throw invalidValue('a time', end - start)
    to.reserve(ROOM_BYTES)
    put(QUOTE, to)
    if (isNegative) put(MINUS, to)
    writeDuration(clock >> 12, (clock >> 6) & 63, clock & 63, to)
    writeDecimals(fraction, decimals, to)
    put(QUOTE, to)
  }
}

/** TIMESTAMP of MySQL before 5.6.4. */
export const writeOldTimestamp: JsonWriter = (from, start, _end, to) => {
  const seconds = (uint24(from, start) | ((from[start + 3] as number) << 24)) >>> 0
  const day = Math.floor(seconds / SECONDS_PER_DAY)
  to.reserve(ROOM_BYTES)
  put(QUOTE, to)
  writeCivil(seconds === 0 ? 0 : civilFromDays(day), to)
  put(UPPER_T, to)
  writeSeconds(seconds - day * SECONDS_PER_DAY, to)
  put(UPPER_Z, to)
  put(QUOTE, to)
}

/** DATETIME of MySQL before 5.6.4. */
export const writeOldDatetime: JsonWriter = (from, start, end, to) => {
  const packed = uint24(from, start) + uint24(from, start + 3) * 2 ** 24 + (from[start + 6] as number) * 2 ** 48
  const date = Math.floor(packed / 1_000_000)
  if (date > 99_999_999 || from[start + 7] !== 0) throw invalidValue('a date and time', end - start)
  const clock = packed - date * 1_000_000
  to.reserve(ROOM_BYTES)
  put(QUOTE, to)
  writeCivil(date, to)
  put(UPPER_T, to)
  writeClock(Math.floor(clock / 10_000), Math.floor(clock / 100) % 100, clock % 100, to)
  put(QUOTE, to)
}

/** TIME of MySQL before 5.6.4. */
export const writeOldTime: JsonWriter = (from, start, end, to) => {
  const packed = (uint24(from, start) << 8) >> 8
  const clock = Math.abs(packed)
  const hours = Math.floor(clock / 10_000)
  if (hours > LONGEST_HOURS) throw invalidValue('a time', end - start)
  to.reserve(ROOM_BYTES)
  put(QUOTE, to)
  if (packed < 0) put(MINUS, to)
  writeDuration(hours, Math.floor(clock / 100) % 100, clock % 100, to)
  put(QUOTE, to)
}

/** The caller has reserved the room. */
function put(byte: number, to: ByteWriter): void {
  to.bytes[to.length++] = byte
}

export function writeDay(year: number, month: number, day: number, to: ByteWriter): void {
  if (year > 9999 || month > 12 || day > 31) throw invalidValue('a date', 3)
  writeDigits(year, 4, to)
  put(MINUS, to)
  writeDigits(month, 2, to)
  put(MINUS, to)
  writeDigits(day, 2, to)
}

function writeCivil(civil: number, to: ByteWriter): void {
  const monthAndDay = civil % 10_000
  writeDay((civil - monthAndDay) / 10_000, Math.floor(monthAndDay / 100), monthAndDay % 100, to)
}

/** `seconds`: since midnight. */
function writeSeconds(seconds: number, to: ByteWriter): void {
  const minutes = Math.floor(seconds / 60)
  writeClock(Math.floor(minutes / 60), minutes % 60, seconds % 60, to)
}

export function writeClock(hour: number, minute: number, second: number, to: ByteWriter): void {
  if (hour > 23) throw invalidValue('a time of the day', 3)
  writeDuration(hour, minute, second, to)
}

export function writeDuration(hours: number, minute: number, second: number, to: ByteWriter): void {
  if (minute > 59 || second > 59) throw invalidValue('a time', 3)
  writeDigits(hours, hours > 99 ? 3 : 2, to)
  put(COLON, to)
  writeDigits(minute, 2, to)
  put(COLON, to)
  writeDigits(second, 2, to)
}

function readFraction(from: Uint8Array, at: number, decimals: number): number {
  let fraction = 0
  for (let i = 0; i < (decimals + 1) >> 1; i++) fraction = fraction * 256 + (from[at + i] as number)
  return fraction
}

function writeFraction(from: Uint8Array, at: number, decimals: number, to: ByteWriter): void {
  if (decimals === 0) return
  const fraction = readFraction(from, at, decimals)
  const count = (decimals + 1) >> 1
  if (fraction >= (HUNDRED_TO[count] as number)) throw invalidValue('a fraction of a second', count)
  writeDecimals(fraction, decimals, to)
}

/** `fraction` has an even number of digits: as many as the column has decimals, or one more, which is 0. */
function writeDecimals(fraction: number, decimals: number, to: ByteWriter): void {
  if (decimals === 0) return
  put(POINT, to)
  writeDigits(decimals % 2 === 0 ? fraction : Math.floor(fraction / 10), decimals, to)
}

function uint24(from: Uint8Array, at: number): number {
  return (from[at] as number) | ((from[at + 1] as number) << 8) | ((from[at + 2] as number) << 16)
}

function uint24be(from: Uint8Array, at: number): number {
  return ((from[at] as number) << 16) | ((from[at + 1] as number) << 8) | (from[at + 2] as number)
}
