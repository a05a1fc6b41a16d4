import { viewOf } from '../model/byte-view.ts'
import type { ByteWriter } from '../model/byte-writer.ts'

/* What the bytes of a text mean for JSON. Classes can be combined with a bitwise or. 0: plain ASCII, copied as it is. */

export const ESCAPED = 1
const NOT_ASCII = 2

const QUOTE = 0x22
const BACKSLASH = 0x5c
export const CLASSES = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte < 0x20 || byte === QUOTE || byte === BACKSLASH) return ESCAPED
  return byte > 0x7f ? NOT_ASCII : 0
})

const FOUR_QUOTES = 0x22222222
const FOUR_BACKSLASHES = 0x5c5c5c5c
const FOUR_SPACES = 0x20202020
const FOUR_ONES = 0x01010101
const HIGHEST_BITS = 0x80808080

/** Longer texts are better scanned first, and then copied as one block. */
export const COPIED_BYTEWISE = 96

/** The classes of the bytes from `start` to `end`. */
export function classesOf(from: Uint8Array, start: number, end: number): number {
  const read = viewOf(from)
  let special = 0
  let i = start
  for (; i + 4 <= end; i += 4) special |= specialIn(read.getInt32(i, true))
  let classes = 0
  if ((special & HIGHEST_BITS) !== 0) i = start
  for (; i < end; i++) classes |= CLASSES[from[i] as number] as number
  return classes
}

/** Writes the text from `start` to `end` if it is plain. Returns its classes; with any, nothing was written. The caller has reserved the bytes. */
export function writePlainBytes(from: Uint8Array, start: number, end: number, to: ByteWriter): number {
  const { bytes: out, view } = to
  const read = viewOf(from)
  let at = to.length
  let special = 0
  let i = start
  for (; i + 4 <= end; i += 4, at += 4) {
    const four = read.getInt32(i, true)
    special |= specialIn(four)
    view.setInt32(at, four, true)
  }
  if ((special & HIGHEST_BITS) !== 0) return classesOf(from, start, end)
  let classes = 0
  for (; i < end; i++) {
    const byte = from[i] as number
    classes |= CLASSES[byte] as number
    out[at++] = byte
  }
  if (classes !== 0) return classesOf(from, start, end)
  to.length = at
  return 0
}

/** Has the highest bit of one of four bytes set if any of them is not plain. */
function specialIn(four: number): number {
  return four | belowSpace(four) | equalTo(four, FOUR_QUOTES) | equalTo(four, FOUR_BACKSLASHES)
}

/* Each of these sets the highest bit of a byte in `four`, which holds four bytes of ASCII, if any of them has the property. */

function belowSpace(four: number): number {
  return four - FOUR_SPACES
}

function equalTo(four: number, other: number): number {
  return (four ^ other) - FOUR_ONES
}
