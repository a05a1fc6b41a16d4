import type { ByteWriter } from '../model/byte-writer.ts'
import { type JsonWriter, UNAVAILABLE_VALUE } from '../model/table.ts'
import { unreachable } from '../model/unreachable.ts'
import type { BinaryHandlingMode } from './value-modes.ts'

/* Values that are raw bytes in the log, written as Debezium writes them in each mode of binary.handling.mode. */

const QUOTE = 0x22
/** The number of bytes converted to text at a time: whole groups of three bytes. A JavaScript string holds at most 512 MiB. */
const PIECE_BYTES = 3 * 32 * 1024

export interface BytesForm {
  readonly write: JsonWriter
  /** The value for `Column.unavailable`. */
  readonly unavailable?: Buffer
}

/** Only in mode `bytes` is the placeholder for a value that the log left out itself written as bytes, as in Debezium. */
export function bytesForm(mode: BinaryHandlingMode): BytesForm {
  switch (mode) {
    case 'base64':
      return { write: base64Writer(false) }
    case 'bytes':
      return {
        write: base64Writer(false),
        unavailable: Buffer.from(`"${Buffer.from(UNAVAILABLE_VALUE).toString('base64')}"`),
      }
    case 'base64-url-safe':
      return { write: base64Writer(true) }
    case 'hex':
      return { write: writeHex }
    default:
      return unreachable(mode)
  }
}

const STANDARD = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1')
const URL_SAFE = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', 'latin1')
const PADDING = 0x3d
/** Longer values are encoded by Node. */
const SHORT_BYTES = 96

/** Both alphabets use padding, as in Debezium. */
function base64Writer(urlSafe: boolean): JsonWriter {
  return (from, start, end, to) => {
    to.byte(QUOTE)
    if (urlSafe) writeUrlSafe(from, start, end, to)
    else writeBase64(from, start, end, to)
    to.byte(QUOTE)
  }
}

/** Without quotes. */
export function writeBase64(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  to.reserve(Math.ceil((end - start) / 3) * 4 + 1)
  if (end - start <= SHORT_BYTES) {
    to.length = encode(from, start, end, STANDARD, to.bytes, to.length)
    return
  }
  for (let at = start; at < end; at += PIECE_BYTES) {
    to.ascii(piece(from, at, Math.min(end, at + PIECE_BYTES)).toString('base64'))
  }
}

function writeUrlSafe(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  to.reserve(Math.ceil((end - start) / 3) * 4 + 1)
  to.length = encode(from, start, end, URL_SAFE, to.bytes, to.length)
}

function encode(
  from: Uint8Array,
  start: number,
  end: number,
  alphabet: Uint8Array,
  out: Uint8Array,
  outAt: number,
): number {
  let at = outAt
  let i = start
  for (; i + 2 < end; i += 3) {
    const group = ((from[i] as number) << 16) | ((from[i + 1] as number) << 8) | (from[i + 2] as number)
    out[at++] = alphabet[group >> 18] as number
    out[at++] = alphabet[(group >> 12) & 63] as number
    out[at++] = alphabet[(group >> 6) & 63] as number
    out[at++] = alphabet[group & 63] as number
  }
  if (i === end) return at
  const group = ((from[i] as number) << 16) | ((i + 1 < end ? (from[i + 1] as number) : 0) << 8)
  out[at++] = alphabet[group >> 18] as number
  out[at++] = alphabet[(group >> 12) & 63] as number
  out[at++] = i + 1 < end ? (alphabet[(group >> 6) & 63] as number) : PADDING
  out[at++] = PADDING
  return at
}

const writeHex: JsonWriter = (from, start, end, to) => {
  to.reserve((end - start) * 2 + 2)
  to.byte(QUOTE)
  for (let at = start; at < end; at += PIECE_BYTES) {
    to.ascii(piece(from, at, Math.min(end, at + PIECE_BYTES)).toString('hex'))
  }
  to.byte(QUOTE)
}

function piece(from: Uint8Array, start: number, end: number): Buffer {
  return Buffer.from(from.buffer, from.byteOffset + start, end - start)
}
