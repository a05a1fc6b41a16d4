import { byteConstant } from '../model/byte-constant.ts'
import type { ByteWriter } from '../model/byte-writer.ts'
import { writeInteger } from '../model/integer-text.ts'

const UNKNOWN = byteConstant('"ts_ms":null,"ts_us":null,"ts_ns":null')
const MS = byteConstant('"ts_ms":')
const US = byteConstant(',"ts_us":')
const NS = byteConstant(',"ts_ns":')
const ZERO = 0x30

/** Writes `ts_ms`, `ts_us` and `ts_ns`; null where the database did not report the time. */
export function writeTimes(ms: number | null, restUs: number, to: ByteWriter): void {
  if (ms === null) {
    to.constant(UNKNOWN)
    return
  }
  const us = microseconds(ms, restUs)
  to.constant(MS)
  writeInteger(ms, to)
  to.constant(US)
  writeInteger(us, to)
  to.constant(NS)
  writeInteger(us, to)
  // Nanoseconds are not exact in a number, but the last three digits are always zeros.
  if (Number(us) !== 0) for (let i = 0; i < 3; i++) to.byte(ZERO)
}

function microseconds(ms: number, restUs: number): number | bigint {
  const us = ms * 1000 + restUs
  return Number.isSafeInteger(us) ? us : BigInt(ms) * 1000n + BigInt(restUs)
}
