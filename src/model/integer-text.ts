import type { ByteWriter } from './byte-writer.ts'

const BILLION = 1_000_000_000
const ZERO = 0x30

/** Writes a whole number as decimal digits. */
export function writeInteger(value: number | bigint, to: ByteWriter): void {
  if (typeof value !== 'number' || value < 0 || value > Number.MAX_SAFE_INTEGER) {
    to.ascii(String(value))
    return
  }
  to.reserve(16)
  if (value < BILLION) {
    writeDigits(value, digitCount(value), to)
    return
  }
  const high = Math.floor(value / BILLION)
  writeDigits(high, digitCount(high), to)
  writeDigits(value - high * BILLION, 9, to)
}

function digitCount(value: number): number {
  let count = 1
  for (let limit = 10; limit <= value && count < 10; limit *= 10) count++
  return count
}

/**
 * Writes `value`, which is below a billion (or the upper half of a safe integer), with leading zeros up to `count` digits. The caller has
 * reserved the bytes.
 */
export function writeDigits(value: number, count: number, to: ByteWriter): void {
  const bytes = to.bytes
  let rest = value | 0
  for (let at = to.length + count - 1; at >= to.length; at--) {
    const tenth = (rest / 10) | 0
    bytes[at] = ZERO + (rest - tenth * 10)
    rest = tenth
  }
  to.length += count
}
