import type { ByteWriter } from './byte-writer.ts'

const THOUSAND = 1000
const MILLION = 1_000_000
const BILLION = 1_000_000_000
/** Enough for 16 digits, and the bytes behind the last ones that are written with them. */
const ROOM_BYTES = 20
/** The three digits of each number below a thousand, the first one in the lowest byte. */
const THREE_DIGITS = Int32Array.from({ length: THOUSAND }, (_, value) =>
  Buffer.from(`${String(value).padStart(3, '0')}\0`).readInt32LE(),
)

/** Writes a whole number as decimal digits. */
export function writeInteger(value: number | bigint, to: ByteWriter): void {
  if (typeof value !== 'number' || value < 0 || value > Number.MAX_SAFE_INTEGER) {
    to.ascii(String(value))
    return
  }
  to.reserve(ROOM_BYTES)
  if (value < BILLION) {
    writeDigits(value, digitCount(value), to)
    return
  }
  const high = Math.floor(value / BILLION)
  writeDigits(high, digitCount(high), to)
  writeDigits(value - high * BILLION, 9, to)
}

function digitCount(value: number): number {
  if (value < THOUSAND) return value < 100 ? twoDigitCount(value) : 3
  if (value < MILLION) return value < 100_000 ? 3 + twoDigitCount(value / THOUSAND) : 6
  return value < 100_000_000 ? 6 + twoDigitCount(value / MILLION) : 9
}

/** `value`: below a hundred. */
function twoDigitCount(value: number): number {
  return value < 10 ? 1 : 2
}

/**
 * Writes the lowest `count` digits (1 to 9) of a number below a billion, with leading zeros. The caller has reserved the bytes, and four
 * more.
 */
export function writeDigits(value: number, count: number, to: ByteWriter): void {
  let rest = value | 0
  let left = count
  if (left > 6) {
    const millions = (rest / MILLION) | 0
    putDigits(millions, left - 6, to)
    rest -= millions * MILLION
    left = 6
  }
  if (left > 3) {
    const thousands = (rest / THOUSAND) | 0
    putDigits(thousands, left - 3, to)
    rest -= thousands * THOUSAND
    left = 3
  }
  putDigits(rest, left, to)
}

/** Writes the lowest `count` digits (1 to 3) of a number below a thousand. */
function putDigits(value: number, count: number, to: ByteWriter): void {
  to.view.setInt32(to.length, (THREE_DIGITS[value] as number) >>> (8 * (3 - count)), true)
  to.length += count
}
