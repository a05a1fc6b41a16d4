import { isUtf8 } from 'node:buffer'
import type { ByteWriter } from '../model/byte-writer.ts'
import { COPIED_BYTEWISE, classesOf, ESCAPED, writePlainBytes } from './byte-class.ts'
import { notUtf8 } from './value-error.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LOWER_U = 0x75
const ZERO = 0x30
/** Above this size, the escaped length is counted before memory is reserved. */
const COUNTED_FROM_BYTES = 1024 * 1024
const HEX = Buffer.from('0123456789abcdef', 'latin1')
/** The letter after the backslash for control characters with a short escape in JSON; 0: none. */
const SHORT_ESCAPES: readonly number[] = shortEscapes()

function shortEscapes(): number[] {
  const letters = new Array<number>(0x20).fill(0)
  for (const pair of ['\bb', '\tt', '\nn', '\ff', '\rr']) letters[pair.charCodeAt(0)] = pair.charCodeAt(1)
  return letters
}

/** Writes a UTF-8 text as a JSON string. */
export function writeText(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  const count = end - start
  if (count > COPIED_BYTEWISE) {
    writeLongText(from, start, end, to)
    return
  }
  to.reserve(count + 2)
  const textAt = to.length
  to.bytes[to.length++] = QUOTE
  const classes = writePlainBytes(from, start, end, to)
  if (classes === 0) {
    to.bytes[to.length++] = QUOTE
    return
  }
  to.length = textAt
  writeSpecial(classes, from, start, end, to)
}

function writeLongText(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  const classes = classesOf(from, start, end)
  if (classes !== 0) writeSpecial(classes, from, start, end, to)
  else writeVerbatim(from, start, end, to)
}

/** Writes a text with bytes of these classes. */
function writeSpecial(classes: number, from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  if ((classes & ESCAPED) !== 0) {
    writeEscaped(from, start, end, to)
    return
  }
  if (!isUtf8(from.subarray(start, end))) throw notUtf8(end - start)
  writeVerbatim(from, start, end, to)
}

function writeVerbatim(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  to.byte(QUOTE)
  to.copy(from, start, end)
  to.byte(QUOTE)
}

function writeEscaped(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  if (!isUtf8(from.subarray(start, end))) throw notUtf8(end - start)
  to.reserve((end - start > COUNTED_FROM_BYTES ? escapedLength(from, start, end) : (end - start) * 6) + 2)
  const out = to.bytes
  let at = to.length
  out[at++] = QUOTE
  for (let i = start; i < end; i++) {
    const byte = from[i] as number
    if (byte < 0x20) at = writeControl(byte, out, at)
    else {
      if (byte === QUOTE || byte === BACKSLASH) out[at++] = BACKSLASH
      out[at++] = byte
    }
  }
  out[at++] = QUOTE
  to.length = at
}

function escapedLength(from: Uint8Array, start: number, end: number): number {
  let length = end - start
  for (let i = start; i < end; i++) {
    const byte = from[i] as number
    if (byte < 0x20) length += SHORT_ESCAPES[byte] === 0 ? 5 : 1
    else if (byte === QUOTE || byte === BACKSLASH) length++
  }
  return length
}

function writeControl(byte: number, out: Uint8Array, start: number): number {
  let at = start
  out[at++] = BACKSLASH
  const letter = SHORT_ESCAPES[byte] ?? 0
  if (letter !== 0) {
    out[at++] = letter
    return at
  }
  out[at++] = LOWER_U
  out[at++] = ZERO
  out[at++] = ZERO
  out[at++] = HEX[byte >> 4] as number
  out[at++] = HEX[byte & 15] as number
  return at
}
