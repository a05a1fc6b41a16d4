import { BSON, Decimal128 } from 'mongodb'
import { ByteWriter } from '../../../src/model/byte-writer.ts'
import { tokenText } from '../../../test/support/mongodb-fake/key-string-token.ts'
import { timestampOf } from '../../../test/support/mongodb-fake/stream-options.ts'
import { COLLECTION, DATABASE } from './workload.ts'

const MAX_BATCH_BYTES = 16 * 1024 ** 2
const MAX_KEPT_BYTES = 1024 ** 3
const UUID = '0b5c5a5e-7d2c-4e0f-9c66-5d0f2a1b3c4d'
const DOCUMENT = 3
const ARRAY = 4
/** As many as a busy server writes. */
const EVENTS_A_MS = 50
const WALL_TIME = new Date('2026-11-29T00:00:00.123Z')
const ZERO = Buffer.of(0)

/**
 * The inserts of the benchmark as events in BSON, from which replies are put together without encoding any of them again. They are one block
 * of memory: with an object for each, the garbage collector takes more time than the replies.
 */
export class PreparedLog {
  readonly #from: bigint
  readonly #bytes: Buffer
  /** Where each event starts, and the end of the last. */
  readonly #starts: readonly number[]
  /** The names of an array's elements: a type byte, the number, a zero. */
  readonly #names: Buffer[] = []
  readonly #batches = new Map<string, Buffer>()
  #keptBytes = 0

  /** `from`: the time of the first event. The others follow by increments. */
  constructor(rows: number, from: bigint) {
    const events = new ByteWriter(MAX_BATCH_BYTES)
    const starts = [0]
    for (let row = 0; row < rows; row += 1) {
      events.append(eventOf(row + 1, from + BigInt(row)))
      starts.push(events.length)
    }
    this.#from = from
    this.#bytes = events.take()
    this.#starts = starts
  }

  get length(): number {
    return this.#starts.length - 1
  }

  /** The number of the first event at this time or later. */
  indexAt(time: bigint): number {
    return Math.min(this.length, Math.max(0, Number(time - this.#from)))
  }

  /** How many events from `start` are sent at once. */
  count(start: number, size: number): number {
    let end = Math.min(this.length, start + size)
    while (this.#startOf(end) - this.#startOf(start) > MAX_BATCH_BYTES) end -= 1
    return end - start
  }

  /** null: there is no such event. */
  tokenOf(index: number): string | null {
    return index >= 0 && index < this.length ? tokenOfEvent(index + 1, this.#from + BigInt(index)) : null
  }

  /** The reply with the events [start, end): `{ cursor: { nextBatch: [...], ...cursor }, ...rest }`. */
  reply(start: number, end: number, about: { readonly cursor: object; readonly rest: object }): Buffer {
    const cursor = documentParts([...this.#batch(start, end), elementsOf(about.cursor)])
    return Buffer.concat(documentParts([elementHead(DOCUMENT, 'cursor'), ...cursor, elementsOf(about.rest)]))
  }

  /** Kept for the next reader of the same batch, so that the server takes as little of the time as it can. */
  #batch(start: number, end: number): readonly Uint8Array[] {
    const head = elementHead(ARRAY, 'nextBatch')
    const key = `${start}-${end}`
    const known = this.#batches.get(key)
    if (known !== undefined) return [head, known]
    const parts: Uint8Array[] = []
    for (let at = start; at < end; at += 1)
      parts.push(this.#name(at - start), this.#bytes.subarray(this.#startOf(at), this.#startOf(at + 1)))
    const batch = Buffer.concat(documentParts(parts))
    this.#keptBytes += batch.length
    if (this.#keptBytes <= MAX_KEPT_BYTES) this.#batches.set(key, batch)
    return [head, batch]
  }

  #startOf(index: number): number {
    return this.#starts[index] ?? this.#bytes.length
  }

  #name(index: number): Buffer {
    const known = this.#names[index]
    if (known !== undefined) return known
    const name = elementHead(DOCUMENT, String(index))
    this.#names[index] = name
    return name
  }
}

function tokenOfEvent(_id: number, time: bigint): string {
  const event = { index: 0, operationType: 'insert', uuid: UUID, documentKey: { _id } }
  return tokenText({ version: 2, time, event })
}

function eventOf(_id: number, time: bigint): Uint8Array {
  const fullDocument = {
    _id,
    customer: 1,
    amount: Decimal128.fromString('1.25'),
    note: 'a note of about forty-five characters, 12345',
    created: WALL_TIME,
    paid: true,
  }
  return BSON.serialize({
    _id: { _data: tokenOfEvent(_id, time) },
    operationType: 'insert',
    clusterTime: timestampOf(time),
    wallTime: new Date(WALL_TIME.getTime() + Math.floor(_id / EVENTS_A_MS)),
    fullDocument,
    ns: { db: DATABASE, coll: COLLECTION },
    documentKey: { _id },
  })
}

function elementHead(type: number, name: string): Buffer {
  return Buffer.concat([Buffer.of(type), Buffer.from(name), Buffer.of(0)])
}

/** int32 length, the elements, a zero. Not joined yet: a batch of 16 MiB should be copied once. */
function documentParts(elements: readonly Uint8Array[]): readonly Uint8Array[] {
  const length = Buffer.alloc(4)
  length.writeInt32LE(4 + elements.reduce((sum, element) => sum + element.length, 0) + ZERO.length, 0)
  return [length, ...elements, ZERO]
}

/** The elements of a document, without its length and its end. */
function elementsOf(fields: object): Uint8Array {
  return BSON.serialize(fields).subarray(4, -1)
}
