import type { ByteWriter } from '../../../model/byte-writer.ts'
import { writeDigits } from '../../../model/integer-text.ts'
import { invalidValue } from '../../../values/value-error.ts'
import { decimalDigits } from './decimal-value.ts'
import { writeClock, writeDay, writeDuration } from './temporal-value.ts'

/*
 * SQL values inside a JSON document, written as the server writes them: a decimal as a number with all its digits, a time as a string with
 * six decimals, everything else in base64 with the number of its type.
 *
 *   decimal    precision:u8 scale:u8 decimal, see decimal-value.ts
 *   moment     (year * 13 + month, day:5):22 hour:5 minute:6 second:6 microsecond:24, least significant byte first, as one number of 64 bits
 *   time       hour:10 minute:6 second:6 microsecond:24, the same, and the negative number of it
 */

const DATE = 10
const TIME = 11
const DATETIME = 12
const TIMESTAMP = 7
const DECIMAL = 246
const QUOTE = 0x22
const SPACE = 0x20
const POINT = 0x2e
const ROOM_BYTES = 40
const MICROSECONDS = 2 ** 24

export function writeOpaque(type: number, from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  switch (type) {
    case DECIMAL:
      writeDecimal(from, start, end, to)
      return
    case DATE:
    case DATETIME:
    case TIMESTAMP:
      writeMoment(type === DATE, packed(from, start, end), to)
      return
    case TIME:
      writeTime(packed(from, start, end), to)
      return
    default: {
      const bytes = Buffer.from(from.buffer, from.byteOffset + start, end - start)
      to.ascii(`"base64:type${type}:${bytes.toString('base64')}"`)
    }
  }
}

function writeDecimal(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  const precision = from[start] ?? 0
  const scale = from[start + 1] ?? 0
  if (end - start < 2 || precision === 0 || scale > precision || precision > 65) {
    throw invalidValue('a decimal number', end - start)
  }
  decimalDigits(precision, scale)(from, start + 2, end, to)
}

/** A bigint, because the packed value has up to 63 bits, more than a double holds exactly. */
function packed(from: Uint8Array, start: number, end: number): bigint {
  if (end - start !== 8) throw invalidValue('a time in a JSON document', end - start)
  return new DataView(from.buffer, from.byteOffset + start, 8).getBigInt64(0, true)
}

function writeMoment(isDate: boolean, value: bigint, to: ByteWriter): void {
  const microseconds = Number(value & 0xff_ffffn)
  const clock = Number((value >> 24n) & 0x1_ffffn)
  const days = Number(value >> 41n)
  if (days < 0) throw invalidValue('a date in a JSON document', 8)
  const months = days >> 5
  const year = Math.floor(months / 13)
  to.reserve(ROOM_BYTES)
  put(QUOTE, to)
  writeDay(year, months - year * 13, days & 31, to)
  if (!isDate) {
    put(SPACE, to)
    writeClock(clock >> 12, (clock >> 6) & 63, clock & 63, to)
    writeMicroseconds(microseconds, to)
  }
  put(QUOTE, to)
}

function writeTime(value: bigint, to: ByteWriter): void {
  const size = Number(value < 0n ? -value : value)
  const clock = Math.floor(size / MICROSECONDS)
  const hours = clock >> 12
  if (hours > 838) throw invalidValue('a time in a JSON document', 8)
  to.reserve(ROOM_BYTES)
  put(QUOTE, to)
  if (value < 0n) put(0x2d, to)
  writeDuration(hours, (clock >> 6) & 63, clock & 63, to)
  writeMicroseconds(size - clock * MICROSECONDS, to)
  put(QUOTE, to)
}

function writeMicroseconds(microseconds: number, to: ByteWriter): void {
  if (microseconds > 999_999) throw invalidValue('a time in a JSON document', 8)
  put(POINT, to)
  writeDigits(microseconds, 6, to)
}

function put(byte: number, to: ByteWriter): void {
  to.bytes[to.length++] = byte
}
