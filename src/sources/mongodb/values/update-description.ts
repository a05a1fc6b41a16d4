import type { ByteWriter } from '../../../model/byte-writer.ts'
import type { JsonWriter } from '../../../model/table.ts'
import { writeInt32, writeInt64 } from '../../../values/integer-value.ts'
import { writeText } from '../../../values/json-text.ts'
import { BsonFault } from './bson-fault.ts'
import { BSON_TYPE } from './bson-type.ts'
import { documentEnd, nameEnd, stringEnd, valueEnd } from './bson-walk.ts'
import { documentError } from './document-error.ts'
import { fieldName, isNamed } from './field-name.ts'

/*
 * The `updateDescription` of a change event:
 *
 *   { updatedFields: document, removedFields: [string], truncatedArrays: [{ field: string, newSize: integer }], ... }
 *
 * It is written as Debezium writes it: `removedFields` (or null without any), `updatedFields` as the text of Extended JSON, and
 * `truncatedArrays` as {"field": text, "size": integer} (or null without any). Other fields are left out.
 */

const UPDATED_FIELDS = fieldName('updatedFields')
const REMOVED_FIELDS = fieldName('removedFields')
const TRUNCATED_ARRAYS = fieldName('truncatedArrays')
const FIELD = fieldName('field')
const NEW_SIZE = fieldName('newSize')

const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const COMMA = 0x2c

export function updateDescriptionWriter(updatedFields: JsonWriter): JsonWriter {
  return (from, start, end, to) => {
    try {
      writeDescription(updatedFields, from, start, end, to)
    } catch (thrown) {
      throw documentError(thrown, from, start, end, 'document')
    }
  }
}

function writeDescription(
  updatedFields: JsonWriter,
  from: Uint8Array,
  start: number,
  end: number,
  to: ByteWriter,
): void {
  let [updated, removed, truncated] = [-1, -1, -1]
  const limit = documentEnd(from, start, end)
  for (let at = start + 4; at < limit; ) {
    const named = nameEnd(from, at + 1, limit)
    const type = from[at] as number
    if (type === BSON_TYPE.DOCUMENT && isNamed(from, at + 1, named, UPDATED_FIELDS)) updated = named + 1
    else if (type === BSON_TYPE.ARRAY && isNamed(from, at + 1, named, REMOVED_FIELDS)) removed = named + 1
    else if (type === BSON_TYPE.ARRAY && isNamed(from, at + 1, named, TRUNCATED_ARRAYS)) truncated = named + 1
    at = valueEnd(type, from, named + 1, limit)
  }
  to.ascii('{"removedFields":')
  writeList(removed, writeRemoved, from, limit, to)
  to.ascii(',"updatedFields":')
  if (updated < 0) to.ascii('null')
  else updatedFields(from, updated, documentEnd(from, updated, limit) + 1, to)
  to.ascii(',"truncatedArrays":')
  writeList(truncated, writeTruncated, from, limit, to)
  to.byte(CLOSE_OBJECT)
}

/** Writes one entry whose value is at `at`. */
type EntryWriter = (type: number, from: Uint8Array, at: number, limit: number, to: ByteWriter) => void

function writeList(start: number, write: EntryWriter, from: Uint8Array, outer: number, to: ByteWriter): void {
  const limit = start < 0 ? start : documentEnd(from, start, outer)
  if (start + 4 >= limit) {
    to.ascii('null')
    return
  }
  to.byte(OPEN_ARRAY)
  for (let at = start + 4; at < limit; ) {
    if (at > start + 4) to.byte(COMMA)
    const value = nameEnd(from, at + 1, limit) + 1
    const type = from[at] as number
    write(type, from, value, limit, to)
    at = valueEnd(type, from, value, limit)
  }
  to.byte(CLOSE_ARRAY)
}

const writeRemoved: EntryWriter = (type, from, at, limit, to) => {
  if (type !== BSON_TYPE.STRING) throw new BsonFault(at, 'a removed field that is not given by its name')
  writeText(from, at + 4, stringEnd(from, at, limit), to)
}

const writeTruncated: EntryWriter = (type, from, start, outer, to) => {
  if (type !== BSON_TYPE.DOCUMENT) throw new BsonFault(start, 'a truncated array that is not given as a document')
  let [field, size] = [-1, -1]
  const limit = documentEnd(from, start, outer)
  for (let at = start + 4; at < limit; ) {
    const named = nameEnd(from, at + 1, limit)
    if (from[at] === BSON_TYPE.STRING && isNamed(from, at + 1, named, FIELD)) field = named + 1
    else if (isNamed(from, at + 1, named, NEW_SIZE)) size = at
    at = valueEnd(from[at] as number, from, named + 1, limit)
  }
  if (field < 0 || size < 0) throw new BsonFault(start, 'a truncated array without its name or its size')
  to.ascii('{"field":')
  writeText(from, field + 4, stringEnd(from, field, limit), to)
  to.ascii(',"size":')
  writeSize(from, size, size + NEW_SIZE.length + 2, to)
  to.byte(CLOSE_OBJECT)
}

function writeSize(from: Uint8Array, typeAt: number, at: number, to: ByteWriter): void {
  if (from[typeAt] === BSON_TYPE.INT32) writeInt32(from, at, at + 4, to)
  else if (from[typeAt] === BSON_TYPE.INT64) writeInt64(from, at, at + 8, to)
  else throw new BsonFault(at, 'a truncated array whose size is not a whole number')
}
