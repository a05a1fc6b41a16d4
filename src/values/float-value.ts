import type { ByteWriter } from '../model/byte-writer.ts'
import type { JsonWriter } from '../model/table.ts'

/*
 * IEEE 754 floating-point numbers, least significant byte first. They are written as the shortest decimal number that reads back as the
 * same value.
 */

/** A float of 32 bits keeps any 6 significant digits, and 9 digits always identify it. */
const LEAST_DIGITS = 6

export const writeFloat64: JsonWriter = (from, start, _end, to) => writeNumber(float64(from, start), to)

export const writeFloat32: JsonWriter = (from, start, _end, to) => writeNumber(shortest(float32(from, start)), to)

/** MySQL and MariaDB never store NaN or infinity. If one occurred, it would be written as for PostgreSQL. */
export function writeNumber(value: number, to: ByteWriter): void {
  if (value === 0) to.ascii(Object.is(value, -0) ? '-0' : '0')
  else to.ascii(Number.isFinite(value) ? String(value) : `"${String(value)}"`)
}

/** The double whose text is the shortest one that identifies this float. */
export function shortest(value: number): number {
  for (let digits = LEAST_DIGITS; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return Number(value.toPrecision(9))
}

/** Copying a value into one shared view is cheaper than creating a view for each value. */
const SCRATCH = new Uint8Array(8)
const SCRATCH_VIEW = new DataView(SCRATCH.buffer)

export function float64(from: Uint8Array, at: number): number {
  for (let i = 0; i < 8; i++) SCRATCH[i] = from[at + i] as number
  return SCRATCH_VIEW.getFloat64(0, true)
}

export function float32(from: Uint8Array, at: number): number {
  for (let i = 0; i < 4; i++) SCRATCH[i] = from[at + i] as number
  return SCRATCH_VIEW.getFloat32(0, true)
}
