import { ByteWriter } from '../../../model/byte-writer.ts'
import type { JsonWriter } from '../../../model/table.ts'
import { float64 } from '../../../values/float-value.ts'
import { int32, writeInt32, writeInt64, writeSigned, writeUint32, writeUint64 } from '../../../values/integer-value.ts'
import { writeText } from '../../../values/json-text.ts'
import { invalidValue } from '../../../values/value-error.ts'
import { writeOpaque } from './json-opaque-value.ts'

/*
 * Decodes MySQL's binary form of JSON (least significant byte first) into the text that the server prints: separators `: ` and `, `,
 * members in the order in which they are stored. Integers, decimals and times are never converted to a JavaScript number.
 *
 * Grammar:
 *   document  kind:u8 value, or nothing, which is null
 *   value     0, 1 object | 2, 3 array; of each the second is large: its numbers have four bytes instead of two
 *           | 4 literal:u8 (0 null, 1 true, 2 false) | 5 int16 | 6 uint16 | 7 int32 | 8 uint32 | 9 int64 | 10 uint64 | 11 float64
 *           | 12 length text | 15 type:u8 length bytes, see json-opaque-value.ts
 *   object    count size (keyOffset keyLength:u16)*count entry*count keys values
 *   array     count size entry*count values
 *   entry     kind:u8 (offset | value), the value itself where it fits: a literal, 16 bits, and 32 in a large one
 *   length    seven bits a byte, the lowest first; the highest bit of a byte means that another follows
 *
 * Offsets are relative to the start of the object or array (its `count`).
 */

const LARGE_OBJECT = 1
const SMALL_ARRAY = 2
const LARGE_ARRAY = 3
const LITERAL = 4
const INT16 = 5
const UINT16 = 6
const INT32 = 7
const UINT32 = 8
const INT64 = 9
const UINT64 = 10
const FLOAT64 = 11
const TEXT = 12
const OPAQUE = 15

const LITERALS = ['null', 'true', 'false'] as const
/** The server's limit on nesting. */
const DEEPEST = 100
/** A scratch buffer that grew beyond this size is released. */
const KEPT_BYTES = 1024 * 1024

const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d

/** Writes the document's text as a JSON string, as for PostgreSQL's json. */
export function jsonDocumentWriter(): JsonWriter {
  let scratch = new ByteWriter(1024)
  return (from, start, end, to) => {
    scratch.length = 0
    writeDocument(from, start, end, scratch)
    writeText(scratch.bytes, 0, scratch.length, to)
    if (scratch.bytes.length > KEPT_BYTES) scratch = new ByteWriter(1024)
  }
}

function writeDocument(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
  if (start === end) to.ascii('null')
  else new DocumentReader(from, start, end, to).value(from[start] as number, start + 1, end, 0)
}

class DocumentReader {
  readonly #from: Uint8Array
  readonly #length: number
  readonly #to: ByteWriter
  /** The number of bytes not read yet. Each byte belongs to only one value, so a document that runs out of bytes is invalid. */
  #unread: number

  constructor(from: Uint8Array, start: number, end: number, to: ByteWriter) {
    this.#from = from
    this.#length = end - start
    this.#unread = end - start
    this.#to = to
  }

  value(kind: number, at: number, end: number, depth: number): void {
    const from = this.#from
    const to = this.#to
    switch (kind) {
      case LITERAL:
        this.#read(1, at, end)
        this.#literal(from[at] as number)
        return
      case INT16:
      case UINT16:
        this.#read(2, at, end)
        this.#short(kind, at)
        return
      case INT32:
      case UINT32:
        this.#read(4, at, end)
        if (kind === INT32) writeInt32(from, at, end, to)
        else writeUint32(from, at, end, to)
        return
      case INT64:
      case UINT64:
        this.#read(8, at, end)
        if (kind === INT64) writeInt64(from, at, end, to)
        else writeUint64(from, at, end, to)
        return
      case FLOAT64:
        this.#read(8, at, end)
        to.ascii(doubleText(float64(from, at)))
        return
      case TEXT:
        this.#text(at, end)
        return
      case OPAQUE:
        this.#opaque(at, end)
        return
      default:
        if (kind > LARGE_ARRAY || depth >= DEEPEST) throw this.#invalid()
        this.#container(kind, at, end, depth)
    }
  }

  #literal(literal: number): void {
    const text = LITERALS[literal]
    if (text === undefined) throw this.#invalid()
    this.#to.ascii(text)
  }

  #short(kind: number, at: number): void {
    const value = this.#uint16(at)
    writeSigned(kind === INT16 ? (value << 16) >> 16 : value, this.#to)
  }

  #text(start: number, end: number): void {
    const at = this.#lengthEnd(start, end)
    const length = this.#lengthAt(start, at)
    this.#read(at - start + length, start, end)
    writeText(this.#from, at, at + length, this.#to)
  }

  #opaque(start: number, end: number): void {
    const at = this.#lengthEnd(start + 1, end)
    const length = this.#lengthAt(start + 1, at)
    this.#read(at - start + length, start, end)
    writeOpaque(this.#from[start] as number, this.#from, at, at + length, this.#to)
  }

  #container(kind: number, start: number, outerEnd: number, depth: number): void {
    const to = this.#to
    const isLarge = kind === LARGE_OBJECT || kind === LARGE_ARRAY
    const isArray = kind >= SMALL_ARRAY
    const width = isLarge ? 4 : 2
    if (2 * width > outerEnd - start) throw this.#invalid()
    const count = this.#number(start, isLarge)
    const size = this.#number(start + width, isLarge)
    const keysAt = start + 2 * width
    const entriesAt = isArray ? keysAt : keysAt + count * (width + 2)
    const head = entriesAt + count * (width + 1) - start
    const end = start + size
    if (size < head || end > outerEnd) throw this.#invalid()
    this.#read(head, start, end)
    to.byte(isArray ? OPEN_ARRAY : OPEN_OBJECT)
    for (let i = 0; i < count; i++) {
      if (i > 0) to.ascii(', ')
      if (!isArray) this.#key(start, keysAt + i * (width + 2), isLarge, end)
      this.#entry(start, entriesAt + i * (width + 1), isLarge, head, end, depth)
    }
    to.byte(isArray ? CLOSE_ARRAY : CLOSE_OBJECT)
  }

  #key(start: number, at: number, isLarge: boolean, end: number): void {
    const keyAt = start + this.#number(at, isLarge)
    const length = this.#uint16(at + (isLarge ? 4 : 2))
    this.#read(length, keyAt, end)
    writeText(this.#from, keyAt, keyAt + length, this.#to)
    this.#to.ascii(': ')
  }

  #entry(start: number, at: number, isLarge: boolean, head: number, end: number, depth: number): void {
    const kind = this.#from[at] as number
    const fits =
      kind === LITERAL || kind === INT16 || kind === UINT16 || (isLarge && (kind === INT32 || kind === UINT32))
    if (fits) {
      // These bytes were already counted with the head.
      this.#unread += isLarge ? 4 : 2
      this.value(kind, at + 1, end, depth + 1)
      return
    }
    const offset = this.#number(at + 1, isLarge)
    if (offset < head) throw this.#invalid()
    this.value(kind, start + offset, end, depth + 1)
  }

  #number(at: number, isLarge: boolean): number {
    return isLarge ? int32(this.#from, at) >>> 0 : this.#uint16(at)
  }

  #uint16(at: number): number {
    return (this.#from[at] as number) | ((this.#from[at + 1] as number) << 8)
  }

  #lengthEnd(start: number, end: number): number {
    let at = start
    while (at < end && ((this.#from[at] as number) & 0x80) !== 0) at++
    if (at >= end || at - start > 4) throw this.#invalid()
    return at + 1
  }

  #lengthAt(start: number, end: number): number {
    let length = 0
    for (let at = end - 1; at >= start; at--) length = length * 128 + ((this.#from[at] as number) & 0x7f)
    return length
  }

  #read(count: number, at: number, end: number): void {
    this.#unread -= count
    if (this.#unread < 0 || count > end - at) throw this.#invalid()
  }

  #invalid() {
    return invalidValue("a document in MySQL's form of JSON", this.#length)
  }
}

/** The server prints a double from 1e-15 up to 1e15 without an exponent. */
const LARGEST_PLAIN_EXPONENT = 14
const SMALLEST_PLAIN_EXPONENT = -15

/** Formats a double as the server does. A whole number gets `.0`, so that it stays a double. */
function doubleText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const [mantissa = '', exponent = ''] = Math.abs(value).toExponential().split('e')
  const power = Number(exponent)
  const sign = value < 0 ? '-' : ''
  if (power > LARGEST_PLAIN_EXPONENT || power < SMALLEST_PLAIN_EXPONENT) return `${sign}${mantissa}e${power}`
  const digits = mantissa.replace('.', '')
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${digits}`
  const whole = digits.slice(0, power + 1).padEnd(power + 1, '0')
  return `${sign}${whole}.${digits.slice(power + 1) || '0'}`
}
