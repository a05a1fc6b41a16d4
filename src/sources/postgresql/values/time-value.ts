import type { ByteWriter } from '../../../model/byte-writer.ts'
import type { JsonWriter } from '../../../model/table.ts'
import { invalidValue } from '../../../values/value-error.ts'

/*
 * Dates and times as ISO 8601, with every digit that the server sends.
 *
 * Grammar of the server's text (DateStyle ISO, TimeZone UTC):
 *   date         year '-' month '-' day [' BC']
 *   timestamp    year '-' month '-' day ' ' clock [' BC']
 *   timestamptz  year '-' month '-' day ' ' clock '+00' [' BC']
 *   time         clock
 *   timetz       clock zone
 *   clock        hh ':' mm ':' ss ['.' digits]
 *   zone         ('+' | '-') hh [':' mm [':' ss]]
 *   date, timestamp and timestamptz also 'infinity' and '-infinity', which stay as they are
 *
 * Years of four digits stay as they are. Years beyond 9999 and years BC use the expanded form of ISO 8601: a sign and at least six digits,
 * counted astronomically: 1 BC is 0000, 2 BC is -000001, the year 12345 is +012345.
 */

const QUOTE = 0x22
const SPACE = 0x20
const MINUS = 0x2d
const PLUS = 0x2b
const POINT = 0x2e
const COLON = 0x3a
const UPPER_T = 0x54
const UPPER_Z = 0x5a
const UPPER_C = 0x43
const ZERO = 0x30
const NINE = 0x39
const EXPANDED_YEAR_DIGITS = 6

export const writeDate: JsonWriter = (from, start, end, to) => {
  if (writeInfinity(from, start, end, to)) return
  const last = lastOfEra(from, start, end)
  to.byte(QUOTE)
  writeDay(from, start, last, last < end, to)
  to.byte(QUOTE)
}

export const writeTimestamp: JsonWriter = (from, start, end, to) => {
  if (writeInfinity(from, start, end, to)) return
  const last = lastOfEra(from, start, end)
  to.byte(QUOTE)
  writeMoment(from, start, last, last < end, to)
  to.byte(QUOTE)
}

export const writeTimestamptz: JsonWriter = (from, start, end, to) => {
  if (writeInfinity(from, start, end, to)) return
  const last = lastOfEra(from, start, end)
  const zoneAt = startOfUtc(from, start, last)
  to.byte(QUOTE)
  writeMoment(from, start, zoneAt, last < end, to)
  to.byte(UPPER_Z)
  to.byte(QUOTE)
}

/** Where `+00` begins, the only time zone in our sessions. */
export function startOfUtc(from: Uint8Array, start: number, end: number): number {
  const zoneAt = end - 3
  if (zoneAt < start || from[zoneAt] !== PLUS || from[zoneAt + 1] !== ZERO || from[zoneAt + 2] !== ZERO) {
    throw invalidValue('a time in UTC', end - start)
  }
  return zoneAt
}

export const writeTime: JsonWriter = (from, start, end, to) => {
  to.byte(QUOTE)
  writeClock(from, start, end, to)
  to.byte(QUOTE)
}

/** Writes the offset as `+hh:mm`, with `:ss` if the server sends seconds. */
export const writeTimetz: JsonWriter = (from, start, end, to) => {
  const zoneAt = startOfZone(from, start, end)
  to.byte(QUOTE)
  writeClock(from, start, zoneAt, to)
  to.byte(from[zoneAt] as number)
  writeDigitsAnd(COLON, COLON, from, zoneAt + 1, end, to)
  if (end - zoneAt === 3) to.ascii(':00')
  to.byte(QUOTE)
}

export function startOfZone(from: Uint8Array, start: number, end: number): number {
  let zoneAt = start
  while (zoneAt < end && from[zoneAt] !== PLUS && from[zoneAt] !== MINUS) zoneAt++
  if (end - zoneAt < 3) throw invalidValue('a time with its offset from UTC', end - start)
  return zoneAt
}

export function writeMoment(
  from: Uint8Array,
  start: number,
  end: number,
  bc: boolean,
  to: ByteWriter,
  yearDigits = EXPANDED_YEAR_DIGITS,
): void {
  const space = endOfDay(from, start, end)
  writeDay(from, start, space, bc, to, yearDigits)
  to.byte(UPPER_T)
  writeClock(from, space + 1, end, to)
}

/** Where the date in a timestamp ends. */
export function endOfDay(from: Uint8Array, start: number, end: number): number {
  let space = start
  while (space < end && from[space] !== SPACE) space++
  return space
}

/** Where the text ends, without ` BC`. */
export function lastOfEra(from: Uint8Array, start: number, end: number): number {
  if (from[end - 1] !== UPPER_C) return end
  if (end - start < 8 || from[end - 2] !== 0x42 || from[end - 3] !== SPACE) {
    throw invalidValue('a date', end - start)
  }
  return end - 3
}

export function writeInfinity(from: Uint8Array, start: number, end: number, to: ByteWriter): boolean {
  const sign = infinitySign(from, start, end)
  if (sign !== 0) to.ascii(sign > 0 ? '"infinity"' : '"-infinity"')
  return sign !== 0
}

/** 1 for `infinity`, -1 for `-infinity`, 0 for everything else. */
export function infinitySign(from: Uint8Array, start: number, end: number): number {
  const first = from[start]
  if (first !== 0x69 && first !== MINUS) return 0
  const word = end - start <= 9 ? Buffer.from(from.subarray(start, end)).toString('latin1') : ''
  if (word !== 'infinity' && word !== '-infinity') throw invalidValue('a date or infinity', end - start)
  return first === MINUS ? -1 : 1
}

/** `yearDigits`: the minimum number of digits of a year that is BC or beyond 9999. */
export function writeDay(
  from: Uint8Array,
  start: number,
  end: number,
  bc: boolean,
  to: ByteWriter,
  yearDigits = EXPANDED_YEAR_DIGITS,
): void {
  let dash = start
  while (dash < end && from[dash] !== MINUS) dash++
  if (end - dash !== 6 || from[dash + 3] !== MINUS || dash - start < 4 || dash - start > 7) {
    throw invalidValue('a date', end - start)
  }
  if (!bc && dash - start === 4) {
    writeDigitsAnd(MINUS, MINUS, from, start, end, to)
    return
  }
  writeExpandedYear(from, start, dash, bc, yearDigits, to)
  writeDigitsAnd(MINUS, MINUS, from, dash, end, to)
}

function writeExpandedYear(
  from: Uint8Array,
  start: number,
  end: number,
  bc: boolean,
  digits: number,
  to: ByteWriter,
): void {
  const year = readDigits(from, start, end)
  if (bc && year === 1) to.ascii('0000')
  else to.ascii(`${bc ? '-' : '+'}${String(bc ? year - 1 : year).padStart(digits, '0')}`)
}

export function readDigits(from: Uint8Array, start: number, end: number): number {
  let number = 0
  for (let i = start; i < end; i++) {
    const digit = (from[i] as number) - ZERO
    if (!(digit >= 0 && digit <= 9)) throw invalidValue('a date or time', end - start)
    number = number * 10 + digit
  }
  return number
}

export function writeClock(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  const length = end - start
  const fraction = length > 8 ? from[start + 8] === POINT && length > 9 : length === 8
  if (!fraction || from[start + 2] !== COLON || from[start + 5] !== COLON) {
    throw invalidValue('a time', end - start)
  }
  writeDigitsAnd(COLON, POINT, from, start, end, to)
}

/** Copies digits and the two marks. Anything else is not a date or time. */
function writeDigitsAnd(
  mark: number,
  other: number,
  from: Uint8Array,
  start: number,
  end: number,
  to: ByteWriter,
): void {
  to.reserve(end - start)
  const out = to.bytes
  let at = to.length
  for (let i = start; i < end; i++) {
    const byte = from[i] as number
    if ((byte < ZERO || byte > NINE) && byte !== mark && byte !== other) {
      throw invalidValue('a date or time', end - start)
    }
    out[at++] = byte
  }
  to.length = at
}
