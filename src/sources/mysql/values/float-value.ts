import type { ByteWriter } from '../../../model/byte-writer.ts'
import type { JsonWriter } from '../../../model/table.ts'

/* Floating-point numbers of IEEE 754, least significant byte first, as the shortest decimal number that is read as the same one. */

/** Decimals that every number of 32 bits can be told from another by are 9; 6 are never lost. */
const LEAST_DIGITS = 6

export const writeFloat64: JsonWriter = (from, start, _end, to) => writeNumber(float64(from, start), to)

export const writeFloat32: JsonWriter = (from, start, _end, to) => writeNumber(shortest(float32(from, start)), to)

/** MySQL and MariaDB store neither NaN nor infinity; were one there, it would have PostgreSQL's form. */
export function writeNumber(value: number, to: ByteWriter): void {
  if (value === 0) to.ascii(Object.is(value, -0) ? '-0' : '0')
  else to.ascii(Number.isFinite(value) ? String(value) : `"${String(value)}"`)
}

/** The number of 64 bits whose text is the shortest for this one of 32 bits. */
export function shortest(value: number): number {
  for (let digits = LEAST_DIGITS; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return Number(value.toPrecision(9))
}

/** A view of each value would cost more than copying it into one that is there. */
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
