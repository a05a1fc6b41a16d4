import { type JsonWriter, UNAVAILABLE_VALUE } from '../model/table.ts'
import { unreachable } from '../model/unreachable.ts'
import { invalidValue } from './value-error.ts'
import type { BinaryHandlingMode } from './value-modes.ts'

/* Bytes that are lower-case hexadecimal digits in the log, written as Debezium writes them in each mode of binary.handling.mode. */

const QUOTE = 0x22
const PLUS = 0x2b
const MINUS = 0x2d
const SLASH = 0x2f
const UNDERSCORE = 0x5f
/** The number of digits converted to base64 at a time: whole groups of three bytes. */
const PIECE_DIGITS = 6 * 16 * 1024

export interface HexForm {
  /** Takes the digits without a prefix. */
  readonly write: JsonWriter
  /** The value for `Column.unavailable`. */
  readonly unavailable?: Buffer
}

/** Only in mode `bytes` is the placeholder for a value that the log left out itself written as bytes, as in Debezium. */
export function hexForm(mode: BinaryHandlingMode): HexForm {
  switch (mode) {
    case 'base64':
      return { write: writeBase64 }
    case 'bytes':
      return { write: writeBase64, unavailable: Buffer.from(`"${Buffer.from(UNAVAILABLE_VALUE).toString('base64')}"`) }
    case 'base64-url-safe':
      return { write: writeUrlSafe }
    case 'hex':
      return { write: writeDigits }
    default:
      return unreachable(mode)
  }
}

/** Converts in pieces, because a JavaScript string holds at most 512 MiB. */
const writeBase64: JsonWriter = (from, start, end, to) => {
  const digits = end - start
  if (digits % 2 !== 0) throw notHex(digits)
  to.reserve(Math.ceil(digits / 6) * 4 + 2)
  to.byte(QUOTE)
  for (let at = start; at < end; at += PIECE_DIGITS) {
    const count = Math.min(PIECE_DIGITS, end - at)
    const bytes = Buffer.from(Buffer.from(from.buffer, from.byteOffset + at, count).toString('latin1'), 'hex')
    if (bytes.length * 2 !== count) throw notHex(digits)
    to.length += to.bytes.write(bytes.toString('base64'), to.length, 'latin1')
  }
  to.byte(QUOTE)
}

/** With padding, which Node's `base64url` omits. */
const writeUrlSafe: JsonWriter = (from, start, end, to) => {
  const textAt = to.length
  writeBase64(from, start, end, to)
  const { bytes, length } = to
  for (let i = textAt; i < length; i++) {
    if (bytes[i] === PLUS) bytes[i] = MINUS
    else if (bytes[i] === SLASH) bytes[i] = UNDERSCORE
  }
}

const writeDigits: JsonWriter = (from, start, end, to) => {
  if ((end - start) % 2 !== 0) throw notHex(end - start)
  for (let i = start; i < end; i++) {
    const byte = from[i] as number
    const isDigit = (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66)
    if (!isDigit) throw notHex(end - start)
  }
  to.byte(QUOTE)
  to.copy(from, start, end)
  to.byte(QUOTE)
}

function notHex(length: number) {
  return invalidValue('bytes in hexadecimal form', length)
}
