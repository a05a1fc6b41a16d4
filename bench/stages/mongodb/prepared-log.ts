import { BSON, Decimal128 } from 'mongodb'
import { tokenText } from '../../../test/support/mongodb-fake/key-string-token.ts'
import { timestampOf } from '../../../test/support/mongodb-fake/stream-options.ts'
import { COLLECTION, DATABASE } from './workload.ts'

interface PreparedEvent {
  readonly bytes: Uint8Array
  readonly time: bigint
  readonly token: string
}

const MAX_BATCH_BYTES = 16 * 1024 ** 2
const MAX_KEPT_BYTES = 1024 ** 3
const UUID = '0b5c5a5e-7d2c-4e0f-9c66-5d0f2a1b3c4d'
const DOCUMENT = 3
const ARRAY = 4
/** As many as a busy server writes. */
const EVENTS_A_MS = 50
const WALL_TIME = new Date('2026-11-29T00:00:00.123Z')

/** The inserts of the benchmark as events in BSON, from which replies are put together without encoding any of them again. */
export class PreparedLog {
  readonly #events: readonly PreparedEvent[]
  /** The names of an array's elements: a type byte, the number, a zero. */
  readonly #names: Buffer[] = []
  readonly #batches = new Map<string, Buffer>()
  #keptBytes = 0

  /** `from`: the time of the first event. The others follow by increments. */
  constructor(rows: number, from: bigint) {
    this.#events = Array.from({ length: rows }, (_, row) => prepared(row + 1, from + BigInt(row)))
  }

  get length(): number {
    return this.#events.length
  }

  /** The number of the first event at this time or later. */
  indexAt(time: bigint): number {
    const first = this.#events[0]?.time ?? 0n
    return Math.min(this.length, Math.max(0, Number(time - first)))
  }

  /** How many events from `start` are sent at once. */
  count(start: number, size: number): number {
    const end = Math.min(this.length, start + size)
    let bytes = 0
    for (let at = start; at < end; at += 1) {
      bytes += this.#events[at]?.bytes.length ?? 0
      if (bytes > MAX_BATCH_BYTES) return at - start
    }
    return end - start
  }

  tokenOf(index: number): string | null {
    return this.#events[index]?.token ?? null
  }

  /** The reply with the events [start, end): `{ cursor: { nextBatch: [...], ...cursor }, ...rest }`. */
  reply(start: number, end: number, about: { readonly cursor: object; readonly rest: object }): Buffer {
    const cursor = element(DOCUMENT, 'cursor', document([this.#batch(start, end), elementsOf(about.cursor)]))
    return document([cursor, elementsOf(about.rest)])
  }

  /** Kept for the next reader of the same batch, so that the server takes as little of the time as it can. */
  #batch(start: number, end: number): Buffer {
    const key = `${start}-${end}`
    const known = this.#batches.get(key)
    if (known !== undefined) return known
    const parts: Uint8Array[] = []
    for (let at = start; at < end; at += 1) {
      const event = this.#events[at]
      if (event !== undefined) parts.push(this.#name(at - start), event.bytes)
    }
    const batch = element(ARRAY, 'nextBatch', document(parts))
    this.#keptBytes += batch.length
    if (this.#keptBytes <= MAX_KEPT_BYTES) this.#batches.set(key, batch)
    return batch
  }

  #name(index: number): Buffer {
    const known = this.#names[index]
    if (known !== undefined) return known
    const name = elementHead(DOCUMENT, String(index))
    this.#names[index] = name
    return name
  }
}

function prepared(_id: number, time: bigint): PreparedEvent {
  const fullDocument = {
    _id,
    customer: 1,
    amount: Decimal128.fromString('1.25'),
    note: 'a note of about forty-five characters, 12345',
    created: WALL_TIME,
    paid: true,
  }
  const documentKey = { _id }
  const token = tokenText({ version: 2, time, event: { index: 0, operationType: 'insert', uuid: UUID, documentKey } })
  const bytes = BSON.serialize({
    _id: { _data: token },
    operationType: 'insert',
    clusterTime: timestampOf(time),
    wallTime: new Date(WALL_TIME.getTime() + Math.floor(_id / EVENTS_A_MS)),
    fullDocument,
    ns: { db: DATABASE, coll: COLLECTION },
    documentKey,
  })
  return { bytes, time, token }
}

function elementHead(type: number, name: string): Buffer {
  return Buffer.concat([Buffer.of(type), Buffer.from(name), Buffer.of(0)])
}

function element(type: number, name: string, value: Uint8Array): Buffer {
  return Buffer.concat([elementHead(type, name), value])
}

/** int32 length, the elements, a zero. */
function document(elements: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(4), ...elements, Buffer.of(0)])
  bytes.writeInt32LE(bytes.length, 0)
  return bytes
}

/** The elements of a document, without its length and its end. */
function elementsOf(fields: object): Uint8Array {
  return BSON.serialize(fields).subarray(4, -1)
}
