import { type JsonWriter, UNAVAILABLE_VALUE } from '../../../model/table.ts'
import { unreachable } from '../../../model/unreachable.ts'
import type { BinaryHandlingMode } from '../../value-modes.ts'
import { writeBytea } from './text-value.ts'
import { invalidValue } from './value-error.ts'

const QUOTE = 0x22
const PLUS = 0x2b
const MINUS = 0x2d
const SLASH = 0x2f
const UNDERSCORE = 0x5f

export interface BinaryForm {
  readonly write: JsonWriter
  readonly unavailable?: Buffer
}

/** How bytea is written in a mode. Only with `bytes` the word for a value that the log left out is itself bytes, as in Debezium. */
export function binaryForm(mode: BinaryHandlingMode): BinaryForm {
  switch (mode) {
    case 'base64':
      return { write: writeBytea }
    case 'bytes':
      return { write: writeBytea, unavailable: Buffer.from(`"${Buffer.from(UNAVAILABLE_VALUE).toString('base64')}"`) }
    case 'base64-url-safe':
      return { write: writeUrlSafe }
    case 'hex':
      return { write: writeHex }
    default:
      return unreachable(mode)
  }
}

/** With its padding, which Node's `base64url` leaves out. */
const writeUrlSafe: JsonWriter = (from, start, end, to) => {
  const textAt = to.length
  writeBytea(from, start, end, to)
  const { bytes, length } = to
  for (let i = textAt; i < length; i++) {
    if (bytes[i] === PLUS) bytes[i] = MINUS
    else if (bytes[i] === SLASH) bytes[i] = UNDERSCORE
  }
}

/** The server's own digits. */
const writeHex: JsonWriter = (from, start, end, to) => {
  const hasForm = from[start] === 0x5c && from[start + 1] === 0x78 && (end - start) % 2 === 0
  if (!hasForm) throw invalidValue('bytes in hexadecimal form', end - start)
  for (let i = start + 2; i < end; i++) {
    const byte = from[i] as number
    const isDigit = (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66)
    if (!isDigit) throw invalidValue('bytes in hexadecimal form', end - start)
  }
  to.byte(QUOTE)
  to.copy(from, start + 2, end)
  to.byte(QUOTE)
}
