import type { ByteWriter } from '../model/byte-writer.ts'

/*
 * Dates and times as numbers, as Debezium writes them: days, milliseconds, microseconds or nanoseconds since 1970-01-01 or midnight.
 *
 * A number that needs more than 64 bits is written with all its digits. Debezium writes null or a wrong number instead.
 */

export type EpochUnit = 'ms' | 'us' | 'ns'

const MS_PER_DAY = 86_400_000
const US_PER_DAY = 86_400_000_000
/** Up to this many days, the number of microseconds is exact in a double. */
const EXACT_DAYS = 100_000
const DAYS_PER_ERA = 146_097
const DAYS_BEFORE_1970 = 719_468

/** Writes days since 1970-01-01 plus microseconds since midnight as one number. Milliseconds are rounded down. */
export function writeEpoch(days: number, us: number, unit: EpochUnit, to: ByteWriter): void {
  if (unit === 'ms') {
    const ms = Math.floor(us / 1000)
    const whole = days * MS_PER_DAY + ms
    to.ascii(String(Number.isSafeInteger(whole) ? whole : BigInt(days) * BigInt(MS_PER_DAY) + BigInt(ms)))
    return
  }
  const isExact = days < EXACT_DAYS && days > -EXACT_DAYS
  const whole = isExact ? days * US_PER_DAY + us : BigInt(days) * BigInt(US_PER_DAY) + BigInt(us)
  to.ascii(String(whole))
  if (unit === 'ns' && whole !== 0) to.ascii('000')
}

/**
 * Days since 1970-01-01 of a date in the Gregorian calendar. Counts eras of 400 years, which all have the same number of days, and years
 * that begin on March 1.
 */
export function daysFromCivil(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1
  const era = Math.floor(marchYear / 400)
  const yearOfEra = marchYear - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100)
  return era * DAYS_PER_ERA + yearOfEra * 365 + leapDays + dayOfYear - DAYS_BEFORE_1970
}

/** The date in the Gregorian calendar that is this many days after 1970-01-01, as year * 10000 + month * 100 + day. */
export function civilFromDays(days: number): number {
  const shifted = days + DAYS_BEFORE_1970
  const era = Math.floor(shifted / DAYS_PER_ERA)
  const dayOfEra = shifted - era * DAYS_PER_ERA
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096)
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365)
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0)) * 10_000 + month * 100 + day
}
