import { viewOf } from '../../../model/byte-view.ts'
import { int32 } from '../../../values/integer-value.ts'
import { BsonFault } from '../values/bson-fault.ts'
import { BSON_TYPE } from '../values/bson-type.ts'
import { documentEnd, nameEnd, valueEnd } from '../values/bson-walk.ts'
import { areAt, type ByteWords, nameWords } from '../values/byte-words.ts'
import { fieldName, isNamed } from '../values/field-name.ts'

/*
 * A change event, as far as it is read:
 *
 *   { _id: document                          its resume token
 *     operationType: string
 *     clusterTime: timestamp
 *     wallTime?: date                        from 6.0 on
 *     ns?: { db: string, coll?: string }     of dropDatabase without coll; of invalidate none
 *     to?: { db: string, coll: string }      of rename
 *     documentKey?: document                 shard key and _id
 *     fullDocument?: document | null
 *     fullDocumentBeforeChange?: document | null
 *     updateDescription?: document
 *     lsid?: document, txnNumber?: int64     only within a transaction of several statements
 *     splitEvent?: { fragment: int32, of: int32 } }
 */
export const FIELD = {
  TOKEN: 0,
  OPERATION: 1,
  CLUSTER_TIME: 2,
  WALL_TIME: 3,
  NAMESPACE: 4,
  RENAMED_TO: 5,
  KEY: 6,
  DOCUMENT: 7,
  BEFORE: 8,
  UPDATE: 9,
  SESSION: 10,
  TRANSACTION: 11,
  SPLIT: 12,
} as const

export type Field = (typeof FIELD)[keyof typeof FIELD]

const NAMES = [
  '_id',
  'operationType',
  'clusterTime',
  'wallTime',
  'ns',
  'to',
  'documentKey',
  'fullDocument',
  'fullDocumentBeforeChange',
  'updateDescription',
  'lsid',
  'txnNumber',
  'splitEvent',
]
const NAME_WORDS = NAMES.map((name) => nameWords(fieldName(name)))
/** How many fields of an event are remembered for the next one. */
const MOST_FIELDS = 32
const NO_FIELD = -1
const TWO_32 = 0x1_0000_0000
const LAST_DATE_MS = 8.64e15
const ID = fieldName('_id')
const INNER_ID = fieldName('id')
const FRAGMENT = fieldName('fragment')
const OF = fieldName('of')

/** The offsets of an event's fields, found by one walk over its top level. One object serves all events, one after the other. */
export class EventFields {
  readonly #starts = new Int32Array(NAMES.length)
  readonly #ends = new Int32Array(NAMES.length)
  readonly #types = new Uint8Array(NAMES.length)
  /** The fields of the last event in their order, which the next one mostly has too. */
  readonly #order = new Int8Array(MOST_FIELDS).fill(NO_FIELD)
  #bytes: Buffer = Buffer.alloc(0)
  #start = 0

  get bytes(): Buffer {
    return this.#bytes
  }

  get start(): number {
    return this.#start
  }

  /** Reads the document at `start`. */
  read(bytes: Buffer, start: number, outer: number): void {
    this.#bytes = bytes
    this.#start = start
    for (let i = 0; i < NAMES.length; i++) this.#starts[i] = -1
    const view = viewOf(bytes)
    const limit = documentEnd(bytes, start, outer)
    for (let at = start + 4, i = 0; at < limit; i++) {
      const field = this.#fieldAt(bytes, view, at + 1, limit, i)
      const value =
        field < 0 ? nameEnd(bytes, at + 1, limit) + 1 : at + 1 + (NAME_WORDS[field] as ByteWords).bytes.length
      const type = bytes[at] as number
      const end = valueEnd(type, bytes, value, limit)
      if (field >= 0) {
        this.#starts[field] = value
        this.#ends[field] = end
        this.#types[field] = type
      }
      at = end
    }
  }

  /** Which field has the name at `at`, if one does. `i`: how many fields the event has before it. */
  #fieldAt(bytes: Buffer, view: DataView, at: number, limit: number, i: number): number {
    const expected = this.#order[i] ?? NO_FIELD
    if (expected >= 0 && areAt(NAME_WORDS[expected] as ByteWords, bytes, view, at, limit)) return expected
    nameEnd(bytes, at, limit)
    const found = NAME_WORDS.findIndex((name) => areAt(name, bytes, view, at, limit))
    if (i < MOST_FIELDS) this.#order[i] = found
    return found
  }

  /** Where the value starts; -1: the event does not have the field, or it is null. */
  at(field: Field): number {
    return this.#types[field] === BSON_TYPE.NULL ? -1 : (this.#starts[field] as number)
  }

  end(field: Field): number {
    return this.#ends[field] as number
  }

  /** Like `at`. A value of another type is a fault. */
  typed(field: Field, type: number): number {
    const at = this.at(field)
    const found = this.#types[field] as number
    if (at >= 0 && found !== type) throw new BsonFault(at, `a field ${NAMES[field]} of type 0x${found.toString(16)}`)
    return at
  }

  document(field: Field): number {
    return this.typed(field, BSON_TYPE.DOCUMENT)
  }

  /** Where the element `_id` of the document's key starts; its type is there. */
  get idAt(): number {
    const key = this.document(FIELD.KEY)
    const at = key < 0 ? -1 : elementAt(this.#bytes, key, this.end(FIELD.KEY), ID)
    if (at < 0) throw new BsonFault(this.#start, 'a change without the _id of its document')
    return at
  }

  /** Older servers send events that are not changes without it. */
  get hasTime(): boolean {
    return this.typed(FIELD.CLUSTER_TIME, BSON_TYPE.TIMESTAMP) >= 0
  }

  /** Of the cluster time; 0 without one. */
  get seconds(): number {
    return this.hasTime ? int32(this.#bytes, this.at(FIELD.CLUSTER_TIME) + 4) >>> 0 : 0
  }

  get increment(): number {
    return this.hasTime ? int32(this.#bytes, this.at(FIELD.CLUSTER_TIME)) >>> 0 : 0
  }

  /** null: the server does not send it, or it is not a time that JavaScript knows. */
  get wallTimeMs(): number | null {
    const at = this.typed(FIELD.WALL_TIME, BSON_TYPE.DATE)
    if (at < 0) return null
    const ms = int32(this.#bytes, at + 4) * TWO_32 + (int32(this.#bytes, at) >>> 0)
    return Math.abs(ms) > LAST_DATE_MS ? null : ms
  }

  /** The 16 bytes of the session's id start here; -1: the event is not part of a transaction of several statements. */
  get sessionIdAt(): number {
    const at = this.document(FIELD.SESSION)
    if (at < 0 || this.typed(FIELD.TRANSACTION, BSON_TYPE.INT64) < 0) return -1
    const id = elementAt(this.#bytes, at, this.end(FIELD.SESSION), INNER_ID)
    const value = id + INNER_ID.length + 2
    const isUuid = id >= 0 && this.#bytes[id] === BSON_TYPE.BINARY && int32(this.#bytes, value) === 16
    if (!isUuid) throw new BsonFault(at, 'a session without an id of 16 bytes')
    return value + 5
  }

  /** null: the event is whole. */
  get fragment(): { readonly number: number; readonly of: number } | null {
    const at = this.document(FIELD.SPLIT)
    if (at < 0) return null
    return { number: this.#integerIn(at, FRAGMENT), of: this.#integerIn(at, OF) }
  }

  #integerIn(at: number, name: Uint8Array): number {
    const element = elementAt(this.#bytes, at, this.end(FIELD.SPLIT), name)
    if (element < 0 || this.#bytes[element] !== BSON_TYPE.INT32)
      throw new BsonFault(at, 'a fragment without its number')
    return int32(this.#bytes, element + name.length + 2)
  }
}

/** Where the first element of this name in the document from `start` to `end` starts; -1: there is none. */
export function elementAt(bytes: Uint8Array, start: number, end: number, name: Uint8Array): number {
  const limit = documentEnd(bytes, start, end)
  for (let at = start + 4; at < limit; ) {
    const named = nameEnd(bytes, at + 1, limit)
    if (isNamed(bytes, at + 1, named, name)) {
      valueEnd(bytes[at] as number, bytes, named + 1, limit)
      return at
    }
    at = valueEnd(bytes[at] as number, bytes, named + 1, limit)
  }
  return -1
}
