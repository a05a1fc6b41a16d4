import { isUtf8 } from 'node:buffer'
import type { ByteWriter } from '../../model/byte-writer.ts'
import { invalidValue, notUtf8 } from './value-error.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LOWER_U = 0x75
const ZERO = 0x30
/** Longer texts are looked through first and then copied as one block. */
const COPIED_BYTEWISE = 96
const HEX = Buffer.from('0123456789abcdef', 'latin1')
/** The letter after the backslash for control characters that have a short form in JSON. */
const SHORT_ESCAPES: readonly number[] = shortEscapes()

function shortEscapes(): number[] {
  const letters = new Array<number>(0x20).fill(0)
  for (const pair of ['\bb', '\tt', '\nn', '\ff', '\rr']) letters[pair.charCodeAt(0)] = pair.charCodeAt(1)
  return letters
}

/** A text in UTF-8 as a JSON string. */
export function writeText(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  const count = end - start
  if (count > COPIED_BYTEWISE) {
    writeLongText(from, start, end, to)
    return
  }
  to.reserve(count + 2)
  const out = to.bytes
  let at = to.length
  let bits = 0
  out[at++] = QUOTE
  for (let i = start; i < end; i++) {
    const byte = from[i] as number
    if (byte < 0x20 || byte === QUOTE || byte === BACKSLASH) {
      writeEscaped(from, start, end, to)
      return
    }
    bits |= byte
    out[at++] = byte
  }
  out[at++] = QUOTE
  if (bits > 0x7f && !isUtf8(from.subarray(start, end))) throw notUtf8(count)
  to.length = at
}

function writeLongText(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  let bits = 0
  for (let i = start; i < end; i++) {
    const byte = from[i] as number
    if (byte < 0x20 || byte === QUOTE || byte === BACKSLASH) {
      writeEscaped(from, start, end, to)
      return
    }
    bits |= byte
  }
  if (bits > 0x7f && !isUtf8(from.subarray(start, end))) throw notUtf8(end - start)
  to.byte(QUOTE)
  to.copy(from, start, end)
  to.byte(QUOTE)
}

function writeEscaped(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  if (!isUtf8(from.subarray(start, end))) throw notUtf8(end - start)
  to.reserve((end - start) * 6 + 2)
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

/** The one-byte type "char". A byte beyond ASCII is written as `\ooo`, as servers from 16 on do by themselves. */
export function writeCharByte(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  const byte = from[start] ?? 0
  if (end - start !== 1 || byte < 0x80) {
    writeText(from, start, end, to)
    return
  }
  to.ascii(`"\\\\${byte.toString(8)}"`)
}

/** `\x` and hexadecimal digits as base64. */
export function writeBytea(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  const digits = end - start - 2
  if (digits < 0 || digits % 2 !== 0 || from[start] !== BACKSLASH || from[start + 1] !== 0x78) {
    throw invalidValue('bytes in hexadecimal form', end - start)
  }
  const bytes = Buffer.from(Buffer.from(from.buffer, from.byteOffset + start + 2, digits).toString('latin1'), 'hex')
  if (bytes.length * 2 !== digits) throw invalidValue('bytes in hexadecimal form', end - start)
  to.reserve(Math.ceil(bytes.length / 3) * 4 + 2)
  to.byte(QUOTE)
  to.length += to.bytes.write(bytes.toString('base64'), to.length, 'latin1')
  to.byte(QUOTE)
}
