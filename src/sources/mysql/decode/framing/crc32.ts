import { crc32 as nativeCrc32 } from 'node:zlib'
import { viewOf } from '../../../../model/byte-view.ts'

/*
 * CRC-32 as in zlib. Most events of small transactions are shorter than 100 bytes, and for these a call into the runtime takes three times
 * as long as this code. It processes eight bytes per step with eight tables: table k gives the effect of a byte that is followed by k more
 * bytes.
 */

const POLYNOMIAL = 0xedb88320
const STEP = 8
/** From this length on, the runtime is faster. */
const LONG_BYTES = 250
const TABLES = tables()

function tables(): Int32Array {
  const all = new Int32Array(STEP * 256)
  for (let byte = 0; byte < 256; byte++) {
    let sum = byte
    for (let bit = 0; bit < 8; bit++) sum = (sum & 1) === 0 ? sum >>> 1 : (sum >>> 1) ^ POLYNOMIAL
    all[byte] = sum
  }
  for (let at = 256; at < all.length; at++) {
    const before = all[at - 256] as number
    all[at] = (before >>> 8) ^ (all[before & 0xff] as number)
  }
  return all
}

/** The checksum of the bytes from `start` to `end`. */
export function crc32(bytes: Buffer, start: number, end: number): number {
  if (end - start >= LONG_BYTES) return nativeCrc32(bytes.subarray(start, end))
  const view = viewOf(bytes)
  let sum = -1
  let at = start
  for (; at + STEP <= end; at += STEP) {
    sum ^= view.getInt32(at, true)
    const next = view.getInt32(at + 4, true)
    sum =
      effect(7, sum & 0xff) ^
      effect(6, (sum >>> 8) & 0xff) ^
      effect(5, (sum >>> 16) & 0xff) ^
      effect(4, sum >>> 24) ^
      effect(3, next & 0xff) ^
      effect(2, (next >>> 8) & 0xff) ^
      effect(1, (next >>> 16) & 0xff) ^
      effect(0, next >>> 24)
  }
  for (; at < end; at++) sum = effect(0, (sum ^ (bytes[at] as number)) & 0xff) ^ (sum >>> 8)
  return ~sum >>> 0
}

function effect(table: number, byte: number): number {
  return TABLES[(table << 8) + byte] as number
}
