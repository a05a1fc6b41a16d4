import type { Order } from '../../../model/position.ts'

/** A place in the files of the binary log of one server. */
export interface LogFilePlace {
  /** e.g. 'binlog', of the file 'binlog.000003'. */
  readonly base: string
  readonly ordinal: number
  /** Behind the last event that was read. */
  readonly offset: number
}

const FILE = /^(.+)\.(\d{1,15})$/
const PLACE = /^(.+):(\d{1,15})$/
/** The server writes at least so many digits, and more from 1000000 on. */
const DIGITS = 6

export function parseLogFile(name: string): Pick<LogFilePlace, 'base' | 'ordinal'> | null {
  const [, base, ordinal] = FILE.exec(name) ?? []
  return base === undefined || ordinal === undefined ? null : { base, ordinal: Number(ordinal) }
}

/** null: it is none. */
export function parseLogFilePlace(text: string): LogFilePlace | null {
  const [, name = '', offset] = PLACE.exec(text) ?? []
  const file = parseLogFile(name)
  return file === null || /[\s,;]/.test(file.base) ? null : { ...file, offset: Number(offset) }
}

export function logFileName({ base, ordinal }: Pick<LogFilePlace, 'base' | 'ordinal'>): string {
  return `${base}.${String(ordinal).padStart(DIGITS, '0')}`
}

export function logFilePlaceText(place: LogFilePlace): string {
  return `${logFileName(place)}:${place.offset}`
}

/** By the number of the file, not by its text: binlog.1000000 comes after binlog.999999. */
export function compareLogFilePlaces(a: LogFilePlace | null, b: LogFilePlace | null): Order {
  if (a === null || b === null) return a === b ? 'same' : 'unordered'
  if (a.base !== b.base) return 'unordered'
  if (a.ordinal !== b.ordinal) return a.ordinal < b.ordinal ? 'before' : 'after'
  if (a.offset === b.offset) return 'same'
  return a.offset < b.offset ? 'before' : 'after'
}
