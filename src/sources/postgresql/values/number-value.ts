import type { ByteWriter } from '../../../model/byte-writer.ts'
import { writeText } from './text-value.ts'
import { invalidValue } from './value-error.ts'

const ZERO = 0x30
const NINE = 0x39
const MINUS = 0x2d
const PLUS = 0x2b
const POINT = 0x2e
const COMMA = 0x2c
const QUOTE = 0x22
const DOLLAR = 0x24
const LOWER_E = 0x65
const LONGEST_INTEGER = 20

/** A whole number: its digits are a JSON integer as they stand. */
export function writeInteger(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  const digitsAt = from[start] === MINUS ? start + 1 : start
  if (end - start > LONGEST_INTEGER || digitsAt >= end || (from[digitsAt] === ZERO && end - start > 1)) {
    throw invalidValue('a whole number', end - start)
  }
  to.reserve(end - start)
  const out = to.bytes
  let at = to.length
  if (digitsAt > start) out[at++] = MINUS
  for (let i = digitsAt; i < end; i++) {
    const byte = from[i] as number
    if (byte < ZERO || byte > NINE) throw invalidValue('a whole number', end - start)
    out[at++] = byte
  }
  to.length = at
}

/** float4 and float8: a JSON number as it stands; `NaN`, `Infinity` and `-Infinity` are strings. */
export function writeFloat(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  const first = from[start] === MINUS ? from[start + 1] : from[start]
  if (first === 0x4e || first === 0x49) {
    checkWord(from, start, end)
    writeText(from, start, end, to)
    return
  }
  if (!isJsonNumber(from, start, end)) throw invalidValue('a floating-point number', end - start)
  to.copy(from, start, end)
}

function checkWord(from: Uint8Array, start: number, end: number): void {
  const word = end - start <= 9 ? Buffer.from(from.subarray(start, end)).toString('latin1') : ''
  if (word !== 'NaN' && word !== 'Infinity' && word !== '-Infinity') {
    throw invalidValue('a floating-point number', end - start)
  }
}

/** `-? (0 | digits) (. digits)? (e [+-]? digits)?` */
function isJsonNumber(from: Uint8Array, start: number, end: number): boolean {
  const whole = from[start] === MINUS ? start + 1 : start
  let at = afterDigits(from, whole, end)
  if (at === whole || (from[whole] === ZERO && at > whole + 1)) return false
  if (at < end && from[at] === POINT) {
    const fraction = at + 1
    at = afterDigits(from, fraction, end)
    if (at === fraction) return false
  }
  if (at < end && from[at] === LOWER_E) {
    const sign = from[at + 1]
    const exponent = sign === PLUS || sign === MINUS ? at + 2 : at + 1
    at = afterDigits(from, exponent, end)
    if (at === exponent) return false
  }
  return at === end
}

function afterDigits(from: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end) {
    const byte = from[at] as number
    if (byte < ZERO || byte > NINE) break
    at++
  }
  return at
}

/** money in the C locale (`-$1,234.50`) as a decimal in a string (`-1234.50`). */
export function writeMoney(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  to.reserve(end - start + 2)
  const out = to.bytes
  let at = to.length
  let i = start
  out[at++] = QUOTE
  if (from[i] === MINUS) out[at++] = from[i++] as number
  if (from[i] !== DOLLAR || i + 1 >= end) throw invalidValue('an amount of money in the C locale', end - start)
  for (i++; i < end; i++) {
    const byte = from[i] as number
    if (byte === COMMA) continue
    if (byte !== POINT && (byte < ZERO || byte > NINE)) {
      throw invalidValue('an amount of money in the C locale', end - start)
    }
    out[at++] = byte
  }
  out[at++] = QUOTE
  to.length = at
}

const TRUE = Buffer.from('true', 'latin1')
const FALSE = Buffer.from('false', 'latin1')

/** `t` or `f`. */
export function writeBoolean(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  const letter = from[start]
  if (end - start !== 1 || (letter !== 0x74 && letter !== 0x66)) throw invalidValue('t or f', end - start)
  const word = letter === 0x74 ? TRUE : FALSE
  to.copy(word, 0, word.length)
}
