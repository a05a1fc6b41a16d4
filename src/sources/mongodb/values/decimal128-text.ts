import type { ByteWriter } from '../../../model/byte-writer.ts'
import { writeDigits, writeInteger } from '../../../model/integer-text.ts'
import { int32 } from '../../../values/integer-value.ts'

/*
 * IEEE 754-2008 decimal128 in its binary encoding, least significant byte first.
 *
 *   sign:1 exponent:14 coefficient:113                     where the two bits after the sign are not 11
 *   sign:1 11 exponent:14 ...                              the coefficient has more than 34 digits, which means 0
 *   sign:1 11110 ... infinity | sign:1 11111 ... NaN
 *
 * The value is coefficient * 10 ^ (exponent - 6176). The text is that of the General Decimal Arithmetic specification's to-scientific-string.
 */

const BIAS = 6176
const EXPONENT_MASK = 0x3fff
const LARGEST_COEFFICIENT = 10n ** 34n - 1n
const TWO_32 = 0x1_0000_0000
/** Below this exponent of its first digit, a number is written with an exponent. */
const SMALLEST_PLAIN_EXPONENT = -6
/** With more of them, a small coefficient is written with an exponent. */
const MOST_DECIMALS = 6
const POWERS = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]
const MINUS = 0x2d
const POINT = 0x2e

/** Writes the text of the decimal at `at`. */
export function writeDecimal128(from: Uint8Array, at: number, to: ByteWriter): void {
  const top = int32(from, at + 12)
  const decimals = BIAS - ((top >>> 17) & EXPONENT_MASK)
  // The exponents of infinity, of NaN and of the large form are far above.
  const isShort = decimals >= 0 && decimals <= MOST_DECIMALS && (top & 0x1ffff) === 0
  if (isShort && int32(from, at + 8) === 0 && int32(from, at + 4) === 0)
    writeShort(top < 0, int32(from, at) >>> 0, decimals, to)
  else to.ascii(decimal128Text(from, at, top))
}

/** Writes a number without an exponent, such as an amount of money. */
function writeShort(isNegative: boolean, coefficient: number, decimals: number, to: ByteWriter): void {
  if (isNegative) to.byte(MINUS)
  const unit = POWERS[decimals] as number
  const whole = Math.floor(coefficient / unit)
  writeInteger(whole, to)
  if (decimals === 0) return
  to.byte(POINT)
  to.reserve(MOST_DECIMALS + 4)
  writeDigits(coefficient - whole * unit, decimals, to)
}

function decimal128Text(from: Uint8Array, at: number, top: number): string {
  const sign = top < 0 ? '-' : ''
  const combination = (top >>> 26) & 0b11111
  if (combination === 0b11111) return 'NaN'
  if (combination === 0b11110) return `${sign}Infinity`
  if (combination >> 3 === 0b11) return `${sign}${numberText('0', ((top >>> 15) & EXPONENT_MASK) - BIAS)}`
  return `${sign}${numberText(coefficientText(from, at, top & 0x1ffff), ((top >>> 17) & EXPONENT_MASK) - BIAS)}`
}

/** `top`: the coefficient's highest 17 bits. */
function coefficientText(from: Uint8Array, at: number, top: number): string {
  const third = int32(from, at + 8) >>> 0
  const second = int32(from, at + 4) >>> 0
  const first = int32(from, at) >>> 0
  const low = second * TWO_32 + first
  if (top === 0 && third === 0 && Number.isSafeInteger(low)) return String(low)
  const high = (BigInt(top) << 32n) | BigInt(third)
  const coefficient = (high << 64n) | (BigInt(second) << 32n) | BigInt(first)
  return coefficient > LARGEST_COEFFICIENT ? '0' : String(coefficient)
}

function numberText(digits: string, exponent: number): string {
  const firstExponent = exponent + digits.length - 1
  if (exponent > 0 || firstExponent < SMALLEST_PLAIN_EXPONENT) return scientific(digits, firstExponent)
  if (exponent === 0) return digits
  const whole = digits.length + exponent
  if (whole > 0) return `${digits.slice(0, whole)}.${digits.slice(whole)}`
  return `0.${'0'.repeat(-whole)}${digits}`
}

function scientific(digits: string, exponent: number): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
  return `${digits.slice(0, 1)}${fraction}E${exponent < 0 ? '' : '+'}${exponent}`
}
