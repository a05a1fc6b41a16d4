import { int32 } from '../../../values/integer-value.ts'
import { BsonFault } from '../values/bson-fault.ts'
import { BSON_TYPE } from '../values/bson-type.ts'
import { documentEnd, nameEnd, valueEnd } from '../values/bson-walk.ts'
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
const FIELDS = [
  ['token', '_id'],
  ['operation', 'operationType'],
  ['clusterTime', 'clusterTime'],
  ['wallTime', 'wallTime'],
  ['namespace', 'ns'],
  ['renamedTo', 'to'],
  ['key', 'documentKey'],
  ['document', 'fullDocument'],
  ['before', 'fullDocumentBeforeChange'],
  ['update', 'updateDescription'],
  ['session', 'lsid'],
  ['transaction', 'txnNumber'],
  ['split', 'splitEvent'],
] as const

type Field = (typeof FIELDS)[number][0]

interface Candidate {
  readonly index: number
  readonly name: Uint8Array
}

const INDEXES: Readonly<Record<Field, number>> = {
  token: 0,
  operation: 1,
  clusterTime: 2,
  wallTime: 3,
  namespace: 4,
  renamedTo: 5,
  key: 6,
  document: 7,
  before: 8,
  update: 9,
  session: 10,
  transaction: 11,
  split: 12,
}
const NO_CANDIDATES: readonly Candidate[] = []
const BY_LENGTH: readonly (readonly Candidate[])[] = Array.from({ length: 32 }, (_, length) =>
  FIELDS.filter(([, name]) => name.length === length).map(([field, name]) => ({
    index: INDEXES[field],
    name: fieldName(name),
  })),
)
const TWO_32 = 0x1_0000_0000
const LAST_DATE_MS = 8.64e15
const ID = fieldName('_id')
const INNER_ID = fieldName('id')
const FRAGMENT = fieldName('fragment')
const OF = fieldName('of')

/** The offsets of an event's fields, found by one walk over its top level. One object serves all events, one after the other. */
export class EventFields {
  readonly #starts = new Int32Array(FIELDS.length)
  readonly #ends = new Int32Array(FIELDS.length)
  readonly #types = new Uint8Array(FIELDS.length)
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
    this.#starts.fill(-1)
    const limit = documentEnd(bytes, start, outer)
    for (let at = start + 4; at < limit; ) {
      const named = nameEnd(bytes, at + 1, limit)
      const type = bytes[at] as number
      const end = valueEnd(type, bytes, named + 1, limit)
      const index = indexOf(bytes, at + 1, named)
      if (index >= 0) {
        this.#starts[index] = named + 1
        this.#ends[index] = end
        this.#types[index] = type
      }
      at = end
    }
  }

  /** Where the value starts; -1: the event does not have the field, or it is null. */
  at(field: Field): number {
    const index = INDEXES[field]
    return this.#types[index] === BSON_TYPE.NULL ? -1 : (this.#starts[index] as number)
  }

  end(field: Field): number {
    return this.#ends[INDEXES[field]] as number
  }

  /** Like `at`. A value of another type is a fault. */
  typed(field: Field, type: number): number {
    const at = this.at(field)
    const found = this.#types[INDEXES[field]] as number
    if (at >= 0 && found !== type) throw new BsonFault(at, `a field ${field} of type 0x${found.toString(16)}`)
    return at
  }

  document(field: Field): number {
    return this.typed(field, BSON_TYPE.DOCUMENT)
  }

  /** Where the element `_id` of the document's key starts; its type is there. */
  get idAt(): number {
    const key = this.document('key')
    const at = key < 0 ? -1 : elementAt(this.#bytes, key, this.end('key'), ID)
    if (at < 0) throw new BsonFault(this.#start, 'a change without the _id of its document')
    return at
  }

  /** Older servers send events that are not changes without it. */
  get hasTime(): boolean {
    return this.typed('clusterTime', BSON_TYPE.TIMESTAMP) >= 0
  }

  /** Of the cluster time; 0 without one. */
  get seconds(): number {
    return this.hasTime ? int32(this.#bytes, this.at('clusterTime') + 4) >>> 0 : 0
  }

  get increment(): number {
    return this.hasTime ? int32(this.#bytes, this.at('clusterTime')) >>> 0 : 0
  }

  /** null: the server does not send it, or it is not a time that JavaScript knows. */
  get wallTimeMs(): number | null {
    const at = this.typed('wallTime', BSON_TYPE.DATE)
    if (at < 0) return null
    const ms = int32(this.#bytes, at + 4) * TWO_32 + (int32(this.#bytes, at) >>> 0)
    return Math.abs(ms) > LAST_DATE_MS ? null : ms
  }

  /** The 16 bytes of the session's id start here; -1: the event is not part of a transaction of several statements. */
  get sessionIdAt(): number {
    const at = this.document('session')
    if (at < 0 || this.typed('transaction', BSON_TYPE.INT64) < 0) return -1
    const id = elementAt(this.#bytes, at, this.end('session'), INNER_ID)
    const value = id + INNER_ID.length + 2
    const isUuid = id >= 0 && this.#bytes[id] === BSON_TYPE.BINARY && int32(this.#bytes, value) === 16
    if (!isUuid) throw new BsonFault(at, 'a session without an id of 16 bytes')
    return value + 5
  }

  /** null: the event is whole. */
  get fragment(): { readonly number: number; readonly of: number } | null {
    const at = this.document('split')
    if (at < 0) return null
    return { number: this.#integerIn(at, FRAGMENT), of: this.#integerIn(at, OF) }
  }

  #integerIn(at: number, name: Uint8Array): number {
    const element = elementAt(this.#bytes, at, this.end('split'), name)
    if (element < 0 || this.#bytes[element] !== BSON_TYPE.INT32)
      throw new BsonFault(at, 'a fragment without its number')
    return int32(this.#bytes, element + name.length + 2)
  }
}

function indexOf(bytes: Buffer, start: number, end: number): number {
  const candidates = BY_LENGTH[end - start] ?? NO_CANDIDATES
  for (let i = 0; i < candidates.length; i++) {
    const { index, name } = candidates[i] as Candidate
    if (isNamed(bytes, start, end, name)) return index
  }
  return -1
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
