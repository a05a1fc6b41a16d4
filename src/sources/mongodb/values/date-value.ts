import type { ByteWriter } from '../../../model/byte-writer.ts'
import { writeDigits } from '../../../model/integer-text.ts'
import { civilFromDays } from '../../../values/epoch.ts'
import { int32 } from '../../../values/integer-value.ts'

/* Dates of BSON: milliseconds since 1970 as a signed integer of 64 bits, least significant byte first. */

const TWO_32 = 0x1_0000_0000
const MS_PER_DAY = 86_400_000
/** The first millisecond of the year 10000. */
const END_OF_9999 = 253_402_300_800_000

const HYPHEN = 0x2d
const COLON = 0x3a
const POINT = 0x2e
const LETTER_T = 0x54
const LETTER_Z = 0x5a
const ZERO = 0x30

/** The date if it is in the years 1970 to 9999, which relaxed Extended JSON writes as ISO 8601, else -1. */
export function commonEraMs(from: Uint8Array, at: number): number {
  const ms = int32(from, at + 4) * TWO_32 + (int32(from, at) >>> 0)
  return ms >= 0 && ms < END_OF_9999 ? ms : -1
}

/**
 * Writes `2012-12-24T12:15:30.500Z`, without the fraction where it is 0. `trimmed`: without zeros at the fraction's end, as Java's driver
 * writes it.
 */
export function writeIsoDate(ms: number, trimmed: boolean, to: ByteWriter): void {
  const days = Math.floor(ms / MS_PER_DAY)
  const date = civilFromDays(days)
  const ofDay = ms - days * MS_PER_DAY
  const second = Math.floor(ofDay / 1000)
  to.reserve(24)
  writeDigits(Math.floor(date / 10_000), 4, to)
  writePart(HYPHEN, Math.floor(date / 100) % 100, to)
  writePart(HYPHEN, date % 100, to)
  writePart(LETTER_T, Math.floor(second / 3600), to)
  writePart(COLON, Math.floor(second / 60) % 60, to)
  writePart(COLON, second % 60, to)
  if (ofDay % 1000 !== 0) writeFraction(ofDay % 1000, trimmed, to)
  to.byte(LETTER_Z)
}

function writePart(mark: number, value: number, to: ByteWriter): void {
  to.byte(mark)
  writeDigits(value, 2, to)
}

function writeFraction(ms: number, trimmed: boolean, to: ByteWriter): void {
  to.byte(POINT)
  writeDigits(ms, 3, to)
  while (trimmed && to.bytes[to.length - 1] === ZERO) to.length--
}
