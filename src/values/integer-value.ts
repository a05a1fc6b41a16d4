import { viewOf } from '../model/byte-view.ts'
import type { ByteWriter } from '../model/byte-writer.ts'
import { writeInteger } from '../model/integer-text.ts'
import type { JsonWriter } from '../model/table.ts'

/* Integers, least significant byte first. In the row image each takes as many bytes as its type. */

const TWO_32 = 0x1_0000_0000
/** If the upper half is below this, the number is exact in a double. */
const EXACT_UPPER = 0x20_0000

export const writeUint8: JsonWriter = (from, start, _end, to) => writeInteger(from[start] as number, to)

export const writeInt8: JsonWriter = (from, start, _end, to) => writeSigned(((from[start] as number) << 24) >> 24, to)

export const writeUint16: JsonWriter = (from, start, _end, to) =>
  writeInteger((from[start] as number) | ((from[start + 1] as number) << 8), to)

export const writeInt16: JsonWriter = (from, start, _end, to) =>
  writeSigned((((from[start] as number) | ((from[start + 1] as number) << 8)) << 16) >> 16, to)

export const writeUint24: JsonWriter = (from, start, _end, to) => writeInteger(uint24(from, start), to)

export const writeInt24: JsonWriter = (from, start, _end, to) => writeSigned((uint24(from, start) << 8) >> 8, to)

export const writeUint32: JsonWriter = (from, start, _end, to) => writeInteger(viewOf(from).getUint32(start, true), to)

export const writeInt32: JsonWriter = (from, start, _end, to) => writeSigned(viewOf(from).getInt32(start, true), to)

export const writeUint64: JsonWriter = (from, start, _end, to) => writeUnsigned64(from, start, to)

export const writeInt64: JsonWriter = (from, start, _end, to) => {
  const view = viewOf(from)
  const upper = view.getInt32(start + 4, true)
  const lower = view.getUint32(start, true)
  if (upper === 0) {
    writeInteger(lower, to)
    return
  }
  if (upper > 0) {
    writeUnsigned64(from, start, to)
    return
  }
  const value = upper * TWO_32 + lower
  if (Number.isSafeInteger(value)) writeSigned(value, to)
  else to.ascii(String(BigInt(upper) * BigInt(TWO_32) + BigInt(lower)))
}

function writeUnsigned64(from: Uint8Array, start: number, to: ByteWriter): void {
  const view = viewOf(from)
  const upper = view.getUint32(start + 4, true)
  const lower = view.getUint32(start, true)
  writeInteger(upper < EXACT_UPPER ? upper * TWO_32 + lower : BigInt(upper) * BigInt(TWO_32) + BigInt(lower), to)
}

const MINUS = 0x2d

export function writeSigned(value: number, to: ByteWriter): void {
  if (value < 0) {
    to.byte(MINUS)
    writeInteger(-value, to)
  } else writeInteger(value, to)
}

function uint24(from: Uint8Array, at: number): number {
  return (from[at] as number) | ((from[at + 1] as number) << 8) | ((from[at + 2] as number) << 16)
}

/** Bytes behind the end of the block count as zeros. */
export function int32(from: Uint8Array, at: number): number {
  return uint24(from, at) | ((from[at + 3] as number) << 24)
}
