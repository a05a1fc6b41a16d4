import type { Order } from '../../../model/position.ts'

/** A position in one server's binary log: a file and an offset. */
export interface LogFilePosition {
  /** The file name without its number: 'binlog' for the file 'binlog.000003'. */
  readonly base: string
  readonly ordinal: number
  /** The byte after the last event that was read. */
  readonly offset: number
}

/** The first position after a file's magic number. */
export const FIRST_POSITION = 4
/** The largest offset from which the log can be requested by file: the command has 32 bits for it. */
export const LARGEST_POSITION = 0xffff_ffff

const FILE = /^(.+)\.(\d{1,15})$/
const FILE_POSITION = /^(.+):(\d{1,15})$/
/** The server pads the number in a file name to this many digits. It uses more from 1000000 on. */
const DIGITS = 6

export function parseLogFile(name: string): Pick<LogFilePosition, 'base' | 'ordinal'> | null {
  const [, base, ordinal] = FILE.exec(name) ?? []
  return base === undefined || ordinal === undefined ? null : { base, ordinal: Number(ordinal) }
}

/** null: the text is not a file and an offset. */
export function parseLogFilePosition(text: string): LogFilePosition | null {
  const [, name = '', offset] = FILE_POSITION.exec(text) ?? []
  const file = parseLogFile(name)
  return file === null || /[\s,;]/.test(file.base) ? null : { ...file, offset: Number(offset) }
}

export function logFileName({ base, ordinal }: Pick<LogFilePosition, 'base' | 'ordinal'>): string {
  return `${base}.${String(ordinal).padStart(DIGITS, '0')}`
}

export function logFilePositionText(position: LogFilePosition): string {
  return `${logFileName(position)}:${position.offset}`
}

/** Compares file numbers, not their text: binlog.1000000 comes after binlog.999999. */
export function compareLogFilePositions(a: LogFilePosition | null, b: LogFilePosition | null): Order {
  if (a === null) return b === null ? 'same' : 'before'
  if (b === null) return 'after'
  if (a.base !== b.base) return 'unordered'
  if (a.ordinal !== b.ordinal) return a.ordinal < b.ordinal ? 'before' : 'after'
  if (a.offset === b.offset) return 'same'
  return a.offset < b.offset ? 'before' : 'after'
}
