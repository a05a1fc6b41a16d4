import { int32 } from '../../../values/integer-value.ts'
import { BsonFault, cutShort } from './bson-fault.ts'
import { BSON_TYPE } from './bson-type.ts'

/*
 * Walks over BSON without reading values.
 *
 *   document  size:int32 element* 0          size: of all of it
 *   element   type:u8 name value             name: bytes without 0, then 0
 *   string    size:int32 bytes 0             size: of the bytes and the 0
 *
 * `limit` is the offset of the 0 that ends the document: no value reaches beyond it.
 */

const SMALLEST_DOCUMENT = 5
const SMALLEST_CODE_WITH_SCOPE = 14

/** Returns the offset of the document's final 0. Its first element is at `at + 4`. */
export function documentEnd(from: Uint8Array, at: number, limit: number): number {
  if (at + SMALLEST_DOCUMENT > limit) throw cutShort(at)
  const size = int32(from, at)
  const end = at + size
  if (size < SMALLEST_DOCUMENT || end > limit) throw new BsonFault(at, `a document that gives its size as ${size}`)
  if (from[end - 1] !== 0) throw new BsonFault(at, 'a document whose last byte is not 0')
  return end - 1
}

/** Returns the offset of the 0 that ends the name or text at `at`. */
export function nameEnd(from: Uint8Array, at: number, limit: number): number {
  let end = at
  while (end < limit && from[end] !== 0) end++
  if (end >= limit) throw new BsonFault(at, 'a name without an end')
  return end
}

/** Returns the offset of the 0 that ends the string at `at`, whose bytes start at `at + 4`. */
export function stringEnd(from: Uint8Array, at: number, limit: number): number {
  if (at + 5 > limit) throw cutShort(at)
  const size = int32(from, at)
  const end = at + 3 + size
  if (size < 1 || end >= limit) throw new BsonFault(at, `a string that gives its size as ${size}`)
  if (from[end] !== 0) throw new BsonFault(at, 'a string whose last byte is not 0')
  return end
}

/** Returns where the binary value at `at` ends. Its bytes start at `at + 5`, after size and subtype. */
export function binaryEnd(from: Uint8Array, at: number, limit: number): number {
  if (at + 5 > limit) throw cutShort(at)
  const size = int32(from, at)
  const end = at + 5 + size
  if (size < 0 || end > limit) throw new BsonFault(at, `binary data that give their size as ${size}`)
  return end
}

/** Returns where the value of this type at `at` ends. What is inside a document, an array or a code's scope is not checked. */
export function valueEnd(type: number, from: Uint8Array, at: number, limit: number): number {
  switch (type) {
    case BSON_TYPE.STRING:
    case BSON_TYPE.CODE:
    case BSON_TYPE.SYMBOL:
      return stringEnd(from, at, limit) + 1
    case BSON_TYPE.DOCUMENT:
    case BSON_TYPE.ARRAY:
      return documentEnd(from, at, limit) + 1
    case BSON_TYPE.BINARY:
      return binaryEnd(from, at, limit)
    case BSON_TYPE.REGULAR_EXPRESSION:
      return nameEnd(from, nameEnd(from, at, limit) + 1, limit) + 1
    case BSON_TYPE.DB_POINTER:
      return fixedEnd(stringEnd(from, at, limit) + 1, 12, limit)
    case BSON_TYPE.CODE_WITH_SCOPE:
      return codeWithScopeEnd(from, at, limit)
    default:
      return fixedEnd(at, fixedSize(type, at), limit)
  }
}

/** `size:int32 string document`; the size is that of all three. */
export function codeWithScopeEnd(from: Uint8Array, at: number, limit: number): number {
  const end = at + (at + 4 > limit ? 0 : int32(from, at))
  if (end < at + SMALLEST_CODE_WITH_SCOPE || end > limit) throw cutShort(at)
  return end
}

function fixedEnd(at: number, size: number, limit: number): number {
  if (at + size > limit) throw cutShort(at)
  return at + size
}

function fixedSize(type: number, at: number): number {
  switch (type) {
    case BSON_TYPE.UNDEFINED:
    case BSON_TYPE.NULL:
    case BSON_TYPE.MIN_KEY:
    case BSON_TYPE.MAX_KEY:
      return 0
    case BSON_TYPE.BOOLEAN:
      return 1
    case BSON_TYPE.INT32:
      return 4
    case BSON_TYPE.DOUBLE:
    case BSON_TYPE.DATE:
    case BSON_TYPE.TIMESTAMP:
    case BSON_TYPE.INT64:
      return 8
    case BSON_TYPE.OBJECT_ID:
      return 12
    case BSON_TYPE.DECIMAL128:
      return 16
    default:
      throw unknownType(type, at)
  }
}

export function unknownType(type: number, at: number): BsonFault {
  return new BsonFault(at, `a value of type 0x${type.toString(16).padStart(2, '0')}, which BSON does not have`)
}
