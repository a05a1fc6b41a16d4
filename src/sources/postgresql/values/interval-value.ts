import type { JsonWriter } from '../../../model/table.ts'
import { invalidValue } from '../../../values/value-error.ts'

/*
 * interval as Debezium writes it. The server's text (IntervalStyle iso_8601) omits each part that is 0:
 *   interval  'P' [n 'Y'] [n 'M'] [n 'D'] ['T' [n 'H'] [n 'M'] [seconds 'S']] | 'infinity' | '-infinity'
 *   n         ['-'] digits
 *   seconds   n ['.' digits]
 *
 *   numeric   microseconds, with a month as 30.4375 days; infinity is the largest 64-bit number, -infinity the smallest
 *   string    the same parts, including those that are 0; infinity and -infinity stay as they are
 */

const INTERVAL =
  /^P(?=.)(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)D)?(?:T(?=.)(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?\d+)(?:\.(\d{1,6}))?S)?)?$/u
const US_PER_SECOND = 1_000_000n
const US_PER_DAY = 86_400n * US_PER_SECOND
const US_PER_MONTH = 2_629_800n * US_PER_SECOND

export const writeIntervalMicros: JsonWriter = (from, start, end, to) => {
  const text = textOf(from, start, end)
  if (text === 'infinity') to.ascii('9223372036854775807')
  else if (text === '-infinity') to.ascii('-9223372036854775808')
  else to.ascii(String(micros(partsOf(text))))
}

export const writeIntervalParts: JsonWriter = (from, start, end, to) => {
  const text = textOf(from, start, end)
  if (text === 'infinity' || text === '-infinity') {
    to.ascii(`"${text}"`)
    return
  }
  const [years, months, days, hours, minutes, seconds, decimals] = partsOf(text)
  const rest = decimals === undefined ? '' : `.${decimals}`
  const date = `P${years ?? 0}Y${months ?? 0}M${days ?? 0}D`
  to.ascii(`"${date}T${hours ?? 0}H${minutes ?? 0}M${seconds ?? 0}${rest}S"`)
}

function textOf(from: Uint8Array, start: number, end: number): string {
  return Buffer.from(from.buffer, from.byteOffset + start, end - start).toString('latin1')
}

function partsOf(text: string): readonly (string | undefined)[] {
  const match = INTERVAL.exec(text)
  if (match === null) throw invalidValue('an interval in ISO 8601', text.length)
  return match.slice(1)
}

function micros([years, months, days, hours, minutes, seconds, decimals]: readonly (string | undefined)[]): bigint {
  const clock = (whole(hours) * 60n + whole(minutes)) * 60n + whole(seconds)
  const rest = BigInt((decimals ?? '').padEnd(6, '0'))
  const date = (whole(years) * 12n + whole(months)) * US_PER_MONTH + whole(days) * US_PER_DAY
  return date + clock * US_PER_SECOND + (seconds?.startsWith('-') === true ? -rest : rest)
}

function whole(part: string | undefined): bigint {
  return BigInt(part ?? 0)
}
