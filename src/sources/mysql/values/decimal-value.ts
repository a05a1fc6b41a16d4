import { viewOf } from '../../../model/byte-view.ts'
import type { ByteWriter } from '../../../model/byte-writer.ts'
import { writeDigits, writeInteger } from '../../../model/integer-text.ts'
import { invalidValue } from '../../../values/value-error.ts'

/*
 * The stored form of DECIMAL(precision, scale).
 *
 *   decimal   group*
 *   group     nine digits in four bytes, most significant first; fewer digits, at the beginning of the whole part and at the end of the
 *             decimals, in as many bytes as they need
 *
 * The highest bit of the value is inverted. In a negative number every bit is inverted as well.
 */

const QUOTE = 0x22
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const GROUP_DIGITS = 9
/** The bytes of a group, by its number of digits. */
const GROUP_BYTES = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4] as const
const TEN_TO = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000] as const

/** Writes the number as text, without quotes. */
export type DecimalDigits = (from: Uint8Array, start: number, end: number, to: ByteWriter) => void

/** Returns a writer for one precision and scale. The text has exactly `scale` decimals, and no leading zeros. */
export function decimalDigits(precision: number, scale: number): DecimalDigits {
  const wholeDigits = precision - scale
  const whole = groups(wholeDigits % GROUP_DIGITS, Math.floor(wholeDigits / GROUP_DIGITS), 0)
  const all = [...whole, ...groups(0, Math.floor(scale / GROUP_DIGITS), scale % GROUP_DIGITS)]
  const length = all.reduce((sum, digits) => sum + (GROUP_BYTES[digits] ?? 0), 0)
  return (from, start, end, to) => {
    if (end - start !== length) throw invalidValue(`a decimal number of ${precision} digits`, end - start)
    // A sign, a zero, a point, a quote, and what `writeDigits` needs.
    to.reserve(precision + 8)
    const isNegative = ((from[start] as number) & 0x80) === 0
    if (isNegative) to.bytes[to.length++] = MINUS
    const wholeAt = to.length
    let at = start
    for (let i = 0; i < all.length; i++) {
      if (i === whole.length) endWhole(wholeAt, POINT, to)
      const digits = all[i] as number
      const value = group(from, at, digits, i === 0, isNegative)
      at += GROUP_BYTES[digits] as number
      if (to.length > wholeAt) writeDigits(value, digits, to)
      else if (value > 0) writeInteger(value, to)
    }
    if (scale === 0) endWhole(wholeAt, null, to)
  }
}

/** Writes a zero if nothing is written in front of the point. */
function endWhole(wholeAt: number, point: number | null, to: ByteWriter): void {
  if (to.length === wholeAt) to.bytes[to.length++] = ZERO
  if (point !== null) to.bytes[to.length++] = point
}

/** Writes the number as a JSON string. */
export function decimalWriter(precision: number, scale: number): DecimalDigits {
  const write = decimalDigits(precision, scale)
  return (from, start, end, to) => {
    to.byte(QUOTE)
    write(from, start, end, to)
    to.byte(QUOTE)
  }
}

function groups(first: number, full: number, last: number): number[] {
  const all = [first, ...new Array<number>(full).fill(GROUP_DIGITS), last]
  return all.filter((digits) => digits > 0)
}

function group(from: Uint8Array, start: number, digits: number, isFirst: boolean, isNegative: boolean): number {
  const bytes = GROUP_BYTES[digits] as number
  const unused = 32 - 8 * bytes
  const inverted = (isNegative ? -1 : 0) ^ (isFirst ? 0x80 << (24 - unused) : 0)
  const value = ((bigEndian(from, start, bytes) ^ inverted) << unused) >>> unused
  if (value < (TEN_TO[digits] as number)) return value
  throw invalidValue('a decimal number', bytes)
}

function bigEndian(from: Uint8Array, start: number, bytes: number): number {
  if (bytes === 4) return viewOf(from).getInt32(start)
  let value = 0
  for (let at = start; at < start + bytes; at++) value = (value << 8) | (from[at] as number)
  return value
}
