import type { JsonWriter } from '../../../model/table.ts'
import { civilFromDays, daysFromCivil, type EpochUnit, writeEpoch } from '../../../values/epoch.ts'
import { type TimeUnit, timeStyle } from '../../../values/time-mode.ts'
import type { TimePrecisionMode } from '../../../values/value-modes.ts'
import { throughText } from './charset/through-text.ts'

/*
 * Dates and times as Debezium writes them in each time.precision.mode: numbers, or strings that end in Z. They are converted from the text
 * of the mode iso8601. TIMESTAMP is that text in every mode.
 *
 *   date       "yyyy-mm-dd"
 *   datetime   "yyyy-mm-ddThh:mm:ss[.digits]"
 *   time       "[-]h...:mm:ss[.digits]"
 *
 * An impossible date (with zero parts, or the 31st of February) has no number and is written as null.
 */

export interface TimeForms {
  date(write: JsonWriter): JsonWriter
  /** `decimals`: the column's decimals of the second. */
  datetime(write: JsonWriter, decimals: number): JsonWriter
  time(write: JsonWriter, decimals: number): JsonWriter
}

/** From this many decimals on, `adaptive` uses a finer unit than milliseconds. */
const MS_DECIMALS = 3

export function timeForms(mode: TimePrecisionMode): TimeForms {
  const style = timeStyle(mode)
  if (style === 'iso8601') return { date: asItIs, datetime: asItIs, time: asItIs }
  if (style === 'isostring') return { date: inUtc, datetime: inUtc, time: inUtc }
  return {
    date: (write) => throughText(write, writeDays),
    datetime: (write, decimals) => throughText(write, momentWriter(unitFor(style.timestamp, decimals))),
    time: (write, decimals) => throughText(write, clockWriter(unitFor(style.time, decimals))),
  }
}

function unitFor(unit: TimeUnit, decimals: number): EpochUnit {
  if (unit !== 'adaptive') return unit
  return decimals <= MS_DECIMALS ? 'ms' : 'us'
}

function asItIs(write: JsonWriter): JsonWriter {
  return write
}

/** Inserts Z before the closing quote. */
function inUtc(write: JsonWriter): JsonWriter {
  return throughText(write, (from, start, end, to) => {
    to.copy(from, start, end - 1)
    to.ascii('Z"')
  })
}

const DATE_BYTES = 10

const writeDays: JsonWriter = (from, start, _end, to) => {
  const days = daysAt(from, start + 1)
  to.ascii(days === null ? 'null' : String(days))
}

function momentWriter(unit: EpochUnit): JsonWriter {
  return (from, start, end, to) => {
    const days = daysAt(from, start + 1)
    if (days === null) to.ascii('null')
    else writeEpoch(days, microsecondsOf(from, start + 1 + DATE_BYTES + 1, end - 1), unit, to)
  }
}

function clockWriter(unit: EpochUnit): JsonWriter {
  return (from, start, end, to) => {
    const isNegative = from[start + 1] === 0x2d
    const us = microsecondsOf(from, isNegative ? start + 2 : start + 1, end - 1)
    writeEpoch(0, isNegative ? -us : us, unit, to)
  }
}

/** Days since 1970. null: the date does not exist. */
function daysAt(from: Uint8Array, at: number): number | null {
  const [year, month, day] = [digits(from, at, at + 4), digits(from, at + 5, at + 7), digits(from, at + 8, at + 10)]
  if (month === 0 || day === 0) return null
  const days = daysFromCivil(year, month, day)
  return civilFromDays(days) === year * 10_000 + month * 100 + day ? days : null
}

/** `h...:mm:ss[.digits]` */
function microsecondsOf(from: Uint8Array, start: number, end: number): number {
  const point = from.indexOf(0x2e, start)
  const clockEnd = point < 0 || point >= end ? end : point
  const hours = digits(from, start, clockEnd - 6)
  const minutes = digits(from, clockEnd - 5, clockEnd - 3)
  const seconds = digits(from, clockEnd - 2, clockEnd)
  const decimals = Math.max(0, end - clockEnd - 1)
  const rest = decimals === 0 ? 0 : digits(from, clockEnd + 1, end) * 10 ** (6 - decimals)
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + rest
}

function digits(from: Uint8Array, start: number, end: number): number {
  let number = 0
  for (let i = start; i < end; i++) number = number * 10 + ((from[i] as number) - 0x30)
  return number
}
