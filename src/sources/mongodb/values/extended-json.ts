import { type ByteConstant, byteConstant } from '../../../model/byte-constant.ts'
import { viewOf } from '../../../model/byte-view.ts'
import type { ByteWriter } from '../../../model/byte-writer.ts'
import { writeInteger } from '../../../model/integer-text.ts'
import { writeBase64 } from '../../../values/bytes.ts'
import { float64 } from '../../../values/float-value.ts'
import { int32, writeInt32, writeInt64 } from '../../../values/integer-value.ts'
import { BsonFault, cutShort } from './bson-fault.ts'
import { BSON_TYPE, DEEPEST } from './bson-type.ts'
import { binaryEnd, codeWithScopeEnd, documentEnd, nameEnd, stringEnd, unknownType } from './bson-walk.ts'
import { commonEraMs, writeIsoDate } from './date-value.ts'
import { writeDecimal128 } from './decimal128-text.ts'
import type { Dialect } from './dialect.ts'
import { doubleText } from './double-text.ts'
import { writeEscaped, writeName } from './escaped-text.ts'
import { KnownNames } from './known-names.ts'

const NULL = byteConstant('null')
const TRUE = byteConstant('true')
const FALSE = byteConstant('false')
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const BACKSLASH = 0x5c
const QUOTE = 0x22
const LETTER_A = 0x61
const CAPITAL_A = 0x41
const LETTER_Z = 0x7a
const ZERO = 0x30
const OBJECT_ID_BYTES = 12
const OLD_BINARY = 2

/**
 * Writes BSON as the text of Extended JSON, escaped for the JSON string that it becomes part of, straight from the bytes. Throws BsonFault.
 * `limit` is the offset of the 0 that ends the surrounding document; each method returns where its value ends.
 */
export class ExtendedJson {
  readonly #dialect: Dialect
  readonly #names: KnownNames
  /** How many names of the document were written so far, also of the documents within it. */
  #named = 0

  constructor(dialect: Dialect) {
    this.#dialect = dialect
    this.#names = new KnownNames(dialect)
  }

  /** Writes a document that must take exactly the bytes up to `end`. */
  whole(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
    this.#named = 0
    if (this.#document(from, start, end, to, 1) !== end) throw new BsonFault(start, 'bytes after its end')
  }

  /** Writes the value of an element (type, name, value) that must take exactly the bytes up to `end`. */
  element(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
    if (start >= end) throw cutShort(start)
    const valueAt = nameEnd(from, start + 1, end) + 1
    this.#named = 0
    const after = this.#value(from[start] as number, from, valueAt, end, to, 0)
    if (after !== end) throw new BsonFault(start, 'bytes after its end')
  }

  #document(from: Uint8Array, start: number, limit: number, to: ByteWriter, depth: number): number {
    if (depth > DEEPEST) throw new BsonFault(start, `more than ${DEEPEST} levels of documents and arrays`)
    const end = documentEnd(from, start, limit)
    const view = viewOf(from)
    to.byte(OPEN_OBJECT)
    for (let at = start + 4; at < end; ) {
      const isFirst = at === start + 4
      const i = this.#named++
      const known = this.#names.write(from, view, at + 1, end, i, isFirst, to)
      const valueAt = known >= 0 ? known : this.#name(from, at + 1, end, i, isFirst, to)
      at = this.#value(from[at] as number, from, valueAt, end, to, depth)
    }
    to.byte(CLOSE_OBJECT)
    return end + 1
  }

  #name(from: Uint8Array, at: number, limit: number, i: number, isFirst: boolean, to: ByteWriter): number {
    const { firstName, laterName, named } = this.#dialect
    to.constant(isFirst ? firstName : laterName)
    const valueAt = writeName(from, at, limit, to)
    to.constant(named)
    this.#names.missed(from, at, valueAt - 1, i)
    return valueAt
  }

  #array(from: Uint8Array, start: number, limit: number, to: ByteWriter, depth: number): number {
    if (depth > DEEPEST) throw new BsonFault(start, `more than ${DEEPEST} levels of documents and arrays`)
    const end = documentEnd(from, start, limit)
    let at = start + 4
    to.byte(OPEN_ARRAY)
    while (at < end) {
      if (at > start + 4) to.constant(this.#dialect.comma)
      const valueAt = nameEnd(from, at + 1, end) + 1
      at = this.#value(from[at] as number, from, valueAt, end, to, depth)
    }
    to.byte(CLOSE_ARRAY)
    return end + 1
  }

  #value(type: number, from: Uint8Array, at: number, limit: number, to: ByteWriter, depth: number): number {
    switch (type) {
      case BSON_TYPE.STRING:
        return this.#string(from, at, limit, to)
      case BSON_TYPE.INT32:
        return this.#int32(from, at, limit, to)
      case BSON_TYPE.OBJECT_ID:
        return this.#objectId(from, at, limit, to)
      case BSON_TYPE.DOUBLE:
        return this.#double(from, at, limit, to)
      case BSON_TYPE.INT64:
        return this.#int64(from, at, limit, to)
      case BSON_TYPE.DATE:
        return this.#date(from, at, limit, to)
      case BSON_TYPE.BOOLEAN:
        return writeBoolean(from, at, limit, to)
      case BSON_TYPE.NULL:
        to.constant(NULL)
        return at
      case BSON_TYPE.DOCUMENT:
        return this.#document(from, at, limit, to, depth + 1)
      case BSON_TYPE.ARRAY:
        return this.#array(from, at, limit, to, depth + 1)
      default:
        return this.#rareValue(type, from, at, limit, to, depth)
    }
  }

  #rareValue(type: number, from: Uint8Array, at: number, limit: number, to: ByteWriter, depth: number): number {
    const { code, symbol, maxKey, minKey, undefined: undefinedValue } = this.#dialect
    switch (type) {
      case BSON_TYPE.DECIMAL128:
        return this.#decimal128(from, at, limit, to)
      case BSON_TYPE.BINARY:
        return this.#binary(from, at, limit, to)
      case BSON_TYPE.TIMESTAMP:
        return this.#timestamp(from, at, limit, to)
      case BSON_TYPE.REGULAR_EXPRESSION:
        return this.#regularExpression(from, at, limit, to)
      case BSON_TYPE.CODE:
        return this.#wrappedString(code, from, at, limit, to)
      case BSON_TYPE.SYMBOL:
        return this.#wrappedString(symbol, from, at, limit, to)
      case BSON_TYPE.CODE_WITH_SCOPE:
        return this.#codeWithScope(from, at, limit, to, depth)
      case BSON_TYPE.DB_POINTER:
        return this.#dbPointer(from, at, limit, to)
      case BSON_TYPE.UNDEFINED:
        to.constant(undefinedValue)
        return at
      case BSON_TYPE.MIN_KEY:
        to.constant(minKey)
        return at
      case BSON_TYPE.MAX_KEY:
        to.constant(maxKey)
        return at
      default:
        throw unknownType(type, at)
    }
  }

  #string(from: Uint8Array, at: number, limit: number, to: ByteWriter): number {
    const end = stringEnd(from, at, limit)
    writeQuote(to)
    writeEscaped(from, at + 4, end, to)
    writeQuote(to)
    return end + 1
  }

  #wrappedString(open: ByteConstant, from: Uint8Array, at: number, limit: number, to: ByteWriter): number {
    const end = stringEnd(from, at, limit)
    to.constant(open)
    writeEscaped(from, at + 4, end, to)
    to.constant(this.#dialect.close)
    return end + 1
  }

  #int32(from: Uint8Array, at: number, limit: number, to: ByteWriter): number {
    if (at + 4 > limit) throw cutShort(at)
    const open = this.#dialect.int32
    if (open !== null) to.constant(open)
    writeInt32(from, at, at + 4, to)
    if (open !== null) to.constant(this.#dialect.close)
    return at + 4
  }

  #int64(from: Uint8Array, at: number, limit: number, to: ByteWriter): number {
    if (at + 8 > limit) throw cutShort(at)
    const open = this.#dialect.int64
    if (open !== null) to.constant(open)
    writeInt64(from, at, at + 8, to)
    if (open !== null) to.constant(this.#dialect.close)
    return at + 8
  }

  #double(from: Uint8Array, at: number, limit: number, to: ByteWriter): number {
    if (at + 8 > limit) throw cutShort(at)
    const value = float64(from, at)
    const hasDigits = Number.isFinite(value)
    const open = hasDigits ? this.#dialect.double : this.#dialect.doubleWord
    if (open !== null) to.constant(open)
    to.ascii(hasDigits ? doubleText(value) : String(value))
    if (open !== null) to.constant(this.#dialect.close)
    return at + 8
  }

  #decimal128(from: Uint8Array, at: number, limit: number, to: ByteWriter): number {
    if (at + 16 > limit) throw cutShort(at)
    to.constant(this.#dialect.decimal128)
    writeDecimal128(from, at, to)
    to.constant(this.#dialect.close)
    return at + 16
  }

  #date(from: Uint8Array, at: number, limit: number, to: ByteWriter): number {
    if (at + 8 > limit) throw cutShort(at)
    const { plainDate, isoDate, longDate, close, close2, trimsFractions } = this.#dialect
    const commonMs = isoDate === null ? -1 : commonEraMs(from, at)
    if (isoDate !== null && commonMs >= 0) {
      to.constant(isoDate)
      writeIsoDate(commonMs, trimsFractions, to)
      to.constant(close)
      return at + 8
    }
    to.constant(plainDate ?? longDate)
    writeInt64(from, at, at + 8, to)
    if (plainDate === null) to.constant(close2)
    else to.byte(CLOSE_OBJECT)
    return at + 8
  }

  #objectId(from: Uint8Array, at: number, limit: number, to: ByteWriter): number {
    if (at + OBJECT_ID_BYTES > limit) throw cutShort(at)
    to.constant(this.#dialect.objectId)
    writeHex(from, at, at + OBJECT_ID_BYTES, to)
    to.constant(this.#dialect.close)
    return at + OBJECT_ID_BYTES
  }

  #binary(from: Uint8Array, at: number, limit: number, to: ByteWriter): number {
    const end = binaryEnd(from, at, limit)
    const { before, between, after } = this.#dialect.binary
    const subtype = from[at + 4] as number
    to.constant(before)
    writeBase64(from, subtype === OLD_BINARY ? oldBinaryAt(from, at + 5, end) : at + 5, end, to)
    to.constant(between)
    writeHex(from, at + 4, at + 5, to, this.#dialect.capitalSubtype ? CAPITAL_A : LETTER_A)
    to.constant(after)
    return end
  }

  #timestamp(from: Uint8Array, at: number, limit: number, to: ByteWriter): number {
    if (at + 8 > limit) throw cutShort(at)
    const { before, between, after } = this.#dialect.timestamp
    to.constant(before)
    writeInteger(int32(from, at + 4) >>> 0, to)
    to.constant(between)
    writeInteger(int32(from, at) >>> 0, to)
    to.constant(after)
    return at + 8
  }

  #regularExpression(from: Uint8Array, at: number, limit: number, to: ByteWriter): number {
    const { before, between, after } = this.#dialect.regularExpression
    to.constant(before)
    const optionsAt = writeName(from, at, limit, to)
    to.constant(between)
    const start = to.length
    const end = writeName(from, optionsAt, limit, to)
    sortLetters(to.bytes.subarray(start, to.length))
    to.constant(after)
    return end
  }

  #codeWithScope(from: Uint8Array, at: number, limit: number, to: ByteWriter, depth: number): number {
    const end = codeWithScopeEnd(from, at, limit)
    const codeEnd = stringEnd(from, at + 4, end)
    to.constant(this.#dialect.code)
    writeEscaped(from, at + 8, codeEnd, to)
    to.constant(this.#dialect.scope)
    if (this.#document(from, codeEnd + 1, end, to, depth + 1) !== end) throw cutShort(at)
    to.byte(CLOSE_OBJECT)
    return end
  }

  #dbPointer(from: Uint8Array, at: number, limit: number, to: ByteWriter): number {
    const end = stringEnd(from, at, limit)
    if (end + 1 + OBJECT_ID_BYTES > limit) throw cutShort(at)
    const { before, between, after } = this.#dialect.dbPointer
    to.constant(before)
    writeEscaped(from, at + 4, end, to)
    to.constant(between)
    writeHex(from, end + 1, end + 1 + OBJECT_ID_BYTES, to)
    to.constant(after)
    return end + 1 + OBJECT_ID_BYTES
  }
}

function writeQuote(to: ByteWriter): void {
  to.byte(BACKSLASH)
  to.byte(QUOTE)
}

function writeBoolean(from: Uint8Array, at: number, limit: number, to: ByteWriter): number {
  if (at >= limit) throw cutShort(at)
  const byte = from[at] as number
  if (byte > 1) throw new BsonFault(at, `a boolean whose byte is ${byte}`)
  to.constant(byte === 1 ? TRUE : FALSE)
  return at + 1
}

/** The old subtype gives its size a second time. */
function oldBinaryAt(from: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) throw new BsonFault(at, 'binary data of subtype 2 without their size')
  const size = int32(from, at)
  if (at + 4 + size !== end) throw new BsonFault(at, `binary data of subtype 2 that give their size as ${size}`)
  return at + 4
}

/** BSON has options in alphabetical order, and drivers restore it. Escapes must stay as they are. */
function sortLetters(options: Uint8Array): void {
  if (options.every((byte) => (byte | 0x20) >= LETTER_A && (byte | 0x20) <= LETTER_Z)) options.sort()
}

function writeHex(from: Uint8Array, start: number, end: number, to: ByteWriter, letterA = LETTER_A): void {
  to.reserve((end - start) * 2)
  const out = to.bytes
  let at = to.length
  for (let i = start; i < end; i++) {
    const byte = from[i] as number
    out[at++] = hexDigit(byte >> 4, letterA)
    out[at++] = hexDigit(byte & 15, letterA)
  }
  to.length = at
}

function hexDigit(value: number, letterA: number): number {
  return value < 10 ? ZERO + value : letterA - 10 + value
}
