import type { ByteWriter } from '../../../model/byte-writer.ts'
import { writeDigits } from '../../../model/integer-text.ts'
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
  const decimals = groups(0, Math.floor(scale / GROUP_DIGITS), scale % GROUP_DIGITS)
  const length = [...whole, ...decimals].reduce((sum, digits) => sum + (GROUP_BYTES[digits] ?? 0), 0)
  return (from, start, end, to) => {
    if (end - start !== length) throw invalidValue(`a decimal number of ${precision} digits`, end - start)
    to.reserve(precision + 4)
    const isNegative = ((from[start] as number) & 0x80) === 0
    if (isNegative) to.bytes[to.length++] = MINUS
    const wholeAt = to.length
    let at = start
    for (let i = 0; i < whole.length; i++) {
      const digits = whole[i] as number
      const value = group(from, at, digits, at === start, isNegative)
      at += GROUP_BYTES[digits] as number
      if (to.length > wholeAt) writeDigits(value, digits, to)
      else if (value > 0) writeDigits(value, digitCount(value), to)
    }
    if (to.length === wholeAt) to.bytes[to.length++] = ZERO
    if (scale === 0) return
    to.bytes[to.length++] = POINT
    for (let i = 0; i < decimals.length; i++) {
      const digits = decimals[i] as number
      writeDigits(group(from, at, digits, at === start, isNegative), digits, to)
      at += GROUP_BYTES[digits] as number
    }
  }
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
  const end = start + (GROUP_BYTES[digits] as number)
  const mask = isNegative ? 0xff : 0
  let value = ((from[start] as number) ^ mask ^ (isFirst ? 0x80 : 0)) & 0xff
  for (let at = start + 1; at < end; at++) value = value * 256 + ((from[at] as number) ^ mask)
  if (value < (TEN_TO[digits] as number)) return value
  throw invalidValue('a decimal number', end - start)
}

function digitCount(value: number): number {
  let count = 1
  while (count < GROUP_DIGITS && value >= (TEN_TO[count] as number)) count++
  return count
}
