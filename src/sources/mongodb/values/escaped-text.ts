import { isUtf8 } from 'node:buffer'
import type { ByteWriter } from '../../../model/byte-writer.ts'
import { CLASSES, COPIED_BYTEWISE, classesOf, ESCAPED, writePlainBytes } from '../../../values/byte-class.ts'
import { BsonFault, cutShort } from './bson-fault.ts'
import { nameEnd } from './bson-walk.ts'

/*
 * Writes text as part of a JSON string within a JSON string: both levels of escaping in one pass. The quotes around it are the caller's.
 */

/** The most bytes that one byte becomes, a control character: `\\u0000`. */
const LONGEST_ESCAPE = 7
/** Above this size, the escaped length is counted before memory is reserved. */
const COUNTED_FROM_BYTES = 64 * 1024

const ESCAPES: readonly (Uint8Array | null)[] = Array.from({ length: 256 }, (_, byte) => escapeOf(byte))

function escapeOf(byte: number): Uint8Array | null {
  return CLASSES[byte] === ESCAPED ? Buffer.from(inString(inString(String.fromCharCode(byte)))) : null
}

/** A text as it stands in a JSON string. */
export function inString(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

/** Writes the text from `start` to `end`. */
export function writeEscaped(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  const count = end - start
  if (count > COPIED_BYTEWISE) {
    writeLong(from, start, end, to)
    return
  }
  to.reserve(count)
  const classes = writePlainBytes(from, start, end, to)
  if (classes !== 0) writeSpecial(classes, from, start, end, to)
}

/**
 * Writes the name that starts at `start` and is ended by a 0 before `limit`. Returns the offset after the 0. Most names are short and
 * ASCII, so they are copied while their end is looked for.
 */
export function writeName(from: Uint8Array, start: number, limit: number, to: ByteWriter): number {
  if (start >= limit) throw cutShort(start)
  to.reserve(COPIED_BYTEWISE)
  const out = to.bytes
  const last = Math.min(limit, start + COPIED_BYTEWISE)
  let at = to.length
  let classes = 0
  for (let i = start; i < last; i++) {
    const byte = from[i] as number
    if (byte === 0) {
      if (classes === 0) to.length = at
      else writeSpecial(classes, from, start, i, to)
      return i + 1
    }
    classes |= CLASSES[byte] as number
    out[at++] = byte
  }
  const end = nameEnd(from, start, limit)
  writeEscaped(from, start, end, to)
  return end + 1
}

function writeLong(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  const classes = classesOf(from, start, end)
  if (classes !== 0) writeSpecial(classes, from, start, end, to)
  else to.copy(from, start, end)
}

/** Writes a text with bytes of these classes. */
function writeSpecial(classes: number, from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  if (!isUtf8(from.subarray(start, end))) throw new BsonFault(start, `a text of ${end - start} bytes`, true)
  if ((classes & ESCAPED) === 0) to.copy(from, start, end)
  else writeEscapes(from, start, end, to)
}

function writeEscapes(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  const isCounted = end - start > COUNTED_FROM_BYTES
  to.reserve(isCounted ? escapedLength(from, start, end) : (end - start) * LONGEST_ESCAPE)
  const out = to.bytes
  let at = to.length
  for (let i = start; i < end; i++) {
    const byte = from[i] as number
    const escaped = ESCAPES[byte] as Uint8Array | null
    if (escaped === null) out[at++] = byte
    else for (let j = 0; j < escaped.length; j++) out[at++] = escaped[j] as number
  }
  to.length = at
}

function escapedLength(from: Uint8Array, start: number, end: number): number {
  let length = end - start
  for (let i = start; i < end; i++) length += (ESCAPES[from[i] as number]?.length ?? 1) - 1
  return length
}
