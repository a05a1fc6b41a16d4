import type { JsonWriter } from '../../../model/table.ts'
import { daysFromCivil, type EpochUnit, writeEpoch } from '../../../values/epoch.ts'
import { invalidValue } from '../../../values/value-error.ts'
import { endOfDay, infinitySign, lastOfEra, readDigits } from './time-value.ts'

/* Dates and times as numbers. The server's text forms are described in time-value.ts. Its calendar is Gregorian even before 1582. */

const MINUS = 0x2d
const COLON = 0x3a
const POINT = 0x2e

/**
 * What Debezium writes for `infinity` and `-infinity`: Java's PGStatement constants in milliseconds, and for a date their days in 32 bits.
 */
const INFINITE_DAYS = ['-2147472691', '-2147472692'] as const
const INFINITE: { readonly [unit in EpochUnit]: readonly [negative: string, positive: string] } = {
  ms: ['-9223372036832400', '9223372036825200'],
  us: ['-9223372036832400000', '9223372036825200000'],
  ns: ['-9223372036854775808', '9223372036854775807'],
}

/** Writes a date as a number of days. */
export const writeEpochDays: JsonWriter = (from, start, end, to) => {
  const sign = infinitySign(from, start, end)
  if (sign !== 0) {
    to.ascii(INFINITE_DAYS[sign < 0 ? 0 : 1])
    return
  }
  const last = lastOfEra(from, start, end)
  to.ascii(String(readDays(from, start, last, last < end)))
}

/** Writes a time of day. */
export function clockWriter(unit: EpochUnit): JsonWriter {
  return (from, start, end, to) => writeEpoch(0, readClockUs(from, start, end), unit, to)
}

/** Writes a timestamp. */
export function timestampWriter(unit: EpochUnit): JsonWriter {
  const infinite = INFINITE[unit]
  return (from, start, end, to) => {
    const sign = infinitySign(from, start, end)
    if (sign !== 0) {
      to.ascii(infinite[sign < 0 ? 0 : 1])
      return
    }
    const last = lastOfEra(from, start, end)
    const space = endOfDay(from, start, last)
    const days = readDays(from, start, space, last < end)
    writeEpoch(days, readClockUs(from, space + 1, last), unit, to)
  }
}

/** `year-mm-dd`, as days since 1970-01-01. */
function readDays(from: Uint8Array, start: number, end: number, bc: boolean): number {
  let dash = start
  while (dash < end && from[dash] !== MINUS) dash++
  if (end - dash !== 6 || from[dash + 3] !== MINUS || dash - start < 4 || dash - start > 7) {
    throw invalidValue('a date', end - start)
  }
  const written = readDigits(from, start, dash)
  const month = readDigits(from, dash + 1, dash + 3)
  const day = readDigits(from, dash + 4, end)
  return daysFromCivil(bc ? 1 - written : written, month, day)
}

/** `hh:mm:ss` with up to six decimals, as microseconds. */
export function readClockUs(from: Uint8Array, start: number, end: number): number {
  const decimals = end - start > 8 ? end - start - 9 : 0
  const hasForm = from[start + 2] === COLON && from[start + 5] === COLON && decimals <= 6
  if (!hasForm || end - start < 8 || (end - start > 8 && (from[start + 8] !== POINT || decimals === 0))) {
    throw invalidValue('a time', end - start)
  }
  const hours = readDigits(from, start, start + 2)
  const minutes = readDigits(from, start + 3, start + 5)
  const seconds = readDigits(from, start + 6, start + 8)
  const rest = decimals === 0 ? 0 : readDigits(from, start + 9, end) * 10 ** (6 - decimals)
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + rest
}
