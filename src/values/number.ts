import type { ByteWriter } from '../model/byte-writer.ts'
import { writeText } from './json-text.ts'
import { invalidValue } from './value-error.ts'

const ZERO = 0x30
const NINE = 0x39
const MINUS = 0x2d
const PLUS = 0x2b
const POINT = 0x2e
const LOWER_E = 0x65
const LONGEST_INTEGER = 20

/** Writes a whole number given as decimal digits, which are already a valid JSON integer. */
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

/**
 * Writes a floating-point number given as decimal text, which is already a valid JSON number. `NaN`, `Infinity` and `-Infinity` become
 * strings.
 */
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
