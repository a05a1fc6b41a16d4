import type { ByteWriter } from '../model/byte-writer.ts'
import { writeInteger } from '../model/integer-text.ts'
import type { ChangeEvent, Op } from '../model/log-event.ts'
import {
  type Column,
  type JsonWriter,
  type Row,
  SPAN_ABSENT,
  SPAN_NULL,
  SPAN_UNAVAILABLE,
  type TableVersion,
  UNAVAILABLE_VALUE,
} from '../model/table.ts'
import { type BatchBuilder, MessageLimitError } from './batch-builder.ts'
import type { EnvelopeSource } from './envelope-source.ts'
import { fragment, writeFragment } from './json-bytes.ts'
import { messageTooLarge } from './message-too-large.ts'
import { countIn } from './transaction-count.ts'
import type { TransactionFacts } from './transaction-facts.ts'

/** `transaction` of a message without transaction metadata, Debezium's default. It also closes the source block. */
const NO_TRANSACTION = fragment('},"transaction":null')
const SEQUENCE_END = fragment('\\"]"')
const NULL = fragment('null')
const UNAVAILABLE = fragment(JSON.stringify(UNAVAILABLE_VALUE))
const BEFORE_NULL_AFTER = fragment('{"before":null,"after":')
const BEFORE = fragment('{"before":')
const AFTER = fragment(',"after":')
const OPEN = 0x7b
const CLOSE = 0x7d

/** Compiled once for each table version. Writes the envelope of each change straight into bytes, with no lookup by name for each row. */
export class TableEncoder {
  readonly topic: string
  readonly #columns: readonly Column[]
  readonly #document: JsonWriter | null
  readonly #names: readonly Buffer[]
  readonly #laterNames: readonly Buffer[]
  readonly #keys: readonly number[]
  readonly #sourceHead: string
  readonly #sourceTail: string
  readonly #tombstones: boolean
  readonly #writesTransaction: boolean
  readonly #transactionIds: EnvelopeSource['transactionIds']
  readonly #positionNames: readonly Buffer[]
  readonly #positionTexts: readonly LastText[]
  readonly #sequenceText = new LastText(withinSequence)
  #facts: TransactionFacts | null = null
  #sourceText: Buffer = NULL
  readonly #tails = new Map<Op, Buffer>()

  constructor(table: TableVersion, source: EnvelopeSource, topic: string) {
    this.topic = topic
    this.#columns = table.columns
    this.#document = table.document ?? null
    this.#names = table.columns.map((column) => fragment(`${JSON.stringify(column.name)}:`))
    this.#laterNames = table.columns.map((column) => fragment(`,${JSON.stringify(column.name)}:`))
    this.#keys = table.columns.flatMap((column, index) => (column.key ? [index] : []))
    const { version, connector, name } = source
    this.#sourceHead = `,"source":{${members({ version, connector, name })},`
    const origin = { snapshot: 'false', db: table.database, schema: table.schema, table: table.name }
    this.#sourceTail = `,${members(origin)},"txId":`
    this.#tombstones = source.options?.tombstonesOnDelete === true
    this.#writesTransaction = source.options?.provideTransactionMetadata === true
    this.#transactionIds = source.transactionIds
    this.#positionNames = source.positionFields.map((field) => fragment(`,${JSON.stringify(field)}:`))
    this.#positionTexts = source.positionFields.map(() => new LastText(JSON.stringify))
  }

  /**
   * Writes one message, or two when an update changed the key: a delete of the old key and a create of the new one. Throws
   * MESSAGE_TOO_LARGE; nothing of that message is left in the batch.
   */
  encode(change: ChangeEvent, facts: TransactionFacts, to: BatchBuilder): void {
    if (facts !== this.#facts) this.#begin(facts)
    const { op, before, after } = change
    if (op === 'u' && before !== null && after !== null && this.#keyChanged(before, after)) {
      this.#message('d', before, null, change, to)
      if (this.#tombstones) this.#tombstone(before, to)
      this.#message('c', null, after, change, to, before)
      return
    }
    this.#message(op, before, after, change, to)
    if (op === 'd' && this.#tombstones && before !== null) this.#tombstone(before, to)
  }

  #begin(facts: TransactionFacts): void {
    if (facts.takenAtMs !== this.#facts?.takenAtMs) this.#tails.clear()
    this.#facts = facts
    const { committedAtMs, committedAtRestUs = 0, transaction, after } = facts
    const times = `${timeFields(committedAtMs, committedAtRestUs)}`
    const sequence = after === undefined ? '[null,\\"' : `[\\"${withinSequence(after)}\\",\\"`
    const txId = transaction !== null && this.#transactionIds === 'number' ? transaction : JSON.stringify(transaction)
    this.#sourceText = fragment(`${this.#sourceHead}${times}${this.#sourceTail}${txId},"sequence":"${sequence}`)
  }

  /** A tombstone is the key with no value, which makes a compacted log delete the key. A table without a key needs none. */
  #tombstone(before: Row, batch: BatchBuilder): void {
    if (this.#keys.length === 0) return
    const to = batch.writer
    const keyAt = to.length
    this.#writeKey(before, before, to)
    if (to.length > keyAt) batch.add(this.topic, keyAt, to.length, this.#tsMs())
  }

  #tsMs(): number {
    const facts = this.#facts
    return facts?.committedAtMs ?? facts?.takenAtMs ?? 0
  }

  #tail(op: Op): Buffer {
    const known = this.#tails.get(op)
    if (known !== undefined) return known
    const tail = fragment(`,"op":"${op}",${timeFields(this.#facts?.takenAtMs ?? 0, 0)}}`)
    this.#tails.set(op, tail)
    return tail
  }

  #message(op: Op, before: Row | null, after: Row | null, change: ChangeEvent, batch: BatchBuilder, old?: Row): void {
    const to = batch.writer
    const keyAt = batch.begin()
    try {
      const valueAt = this.#write(op, before, after, change, to, old)
      batch.add(this.topic, keyAt, valueAt, this.#tsMs())
    } catch (thrown) {
      to.length = keyAt
      if (!(thrown instanceof MessageLimitError)) throw thrown
      throw messageTooLarge({ ...change, before, after }, batch.limit, thrown.bytes)
    }
  }

  /** Returns where the value starts. */
  #write(op: Op, before: Row | null, after: Row | null, change: ChangeEvent, to: ByteWriter, old?: Row): number {
    const row = after ?? before
    if (row !== null && this.#keys.length > 0) this.#writeKey(row, old ?? before, to)
    const valueAt = to.length
    if (before === null) writeFragment(BEFORE_NULL_AFTER, to)
    else {
      writeFragment(BEFORE, to)
      this.#writeRow(before, to)
      writeFragment(AFTER, to)
    }
    if (after === null) writeFragment(NULL, to)
    else this.#writeRow(after, to)
    writeFragment(this.#sourceText, to)
    this.#writePosition(change.position, to)
    this.#writeTransaction(change, to)
    writeFragment(this.#tail(op), to)
    return valueAt
  }

  #writeTransaction(change: ChangeEvent, to: ByteWriter): void {
    const facts = this.#facts
    if (!this.#writesTransaction || facts === null) {
      writeFragment(NO_TRANSACTION, to)
      return
    }
    const { id, totalOrder, collectionOrder } = countIn(facts, this.topic, change)
    const block = { id, total_order: totalOrder, data_collection_order: collectionOrder }
    to.utf8(`},"transaction":${JSON.stringify(block)}`)
  }

  /** Writes the end of `sequence`, then each position field with its name. */
  #writePosition(position: ChangeEvent['position'], to: ByteWriter): void {
    const first = position[0] ?? 0
    if (typeof first === 'string') writeFragment(this.#sequenceText.of(first), to)
    else writeInteger(first, to)
    writeFragment(SEQUENCE_END, to)
    for (let i = 0; i < this.#positionNames.length; i++) {
      writeFragment(this.#positionNames[i] ?? NULL, to)
      const value = position[i]
      if (value === undefined || value === null) writeFragment(NULL, to)
      else if (typeof value === 'string') writeFragment(this.#positionTexts[i]?.of(value) ?? NULL, to)
      else writeInteger(value, to)
    }
  }

  #writeRow(row: Row, to: ByteWriter): void {
    const { bytes, spans } = row
    if (this.#document !== null) {
      this.#writeDocument(row, this.#document, to)
      return
    }
    to.byte(OPEN)
    let names = this.#names
    for (let i = 0; i < this.#columns.length; i++) {
      const start = spans[2 * i] ?? SPAN_NULL
      if (start === SPAN_ABSENT) continue
      writeFragment(names[i] ?? NULL, to)
      names = this.#laterNames
      if (start >= 0) this.#columns[i]?.write(bytes, start, spans[2 * i + 1] ?? start, to)
      else writeFragment(start === SPAN_UNAVAILABLE ? (this.#columns[i]?.unavailable ?? UNAVAILABLE) : NULL, to)
    }
    to.byte(CLOSE)
  }

  /** Writes the document, whose span follows the spans of the key columns. When the log has only the key, it writes null. */
  #writeDocument({ bytes, spans }: Row, write: JsonWriter, to: ByteWriter): void {
    const at = 2 * this.#columns.length
    const start = spans[at] ?? SPAN_NULL
    if (start >= 0) write(bytes, start, spans[at + 1] ?? start, to)
    else writeFragment(start === SPAN_UNAVAILABLE ? UNAVAILABLE : NULL, to)
  }

  /**
   * Writes the key columns. A value that the log left out of the new row because it did not change is taken from the old row. A key is
   * written whole or not at all: when the log lacks one of its values, nothing is written.
   */
  #writeKey(row: Row, old: Row | null, to: ByteWriter): void {
    const keyAt = to.length
    to.byte(OPEN)
    let names = this.#names
    for (const i of this.#keys) {
      const from = (row.spans[2 * i] ?? SPAN_NULL) === SPAN_UNAVAILABLE && old !== null ? old : row
      const start = from.spans[2 * i] ?? SPAN_NULL
      if (start < 0) {
        to.length = keyAt
        return
      }
      writeFragment(names[i] ?? NULL, to)
      names = this.#laterNames
      this.#columns[i]?.write(from.bytes, start, from.spans[2 * i + 1] ?? start, to)
    }
    to.byte(CLOSE)
  }

  #keyChanged(before: Row, after: Row): boolean {
    return this.#keys.some((i) => !sameValue(before, after, i))
  }
}

/** Caches the bytes of the last text, since most rows have the same text as the row before. */
class LastText {
  readonly #write: (text: string) => string
  #text: string | null = null
  #bytes: Buffer = NULL

  constructor(write: (text: string) => string) {
    this.#write = write
  }

  of(text: string): Buffer {
    if (text !== this.#text) {
      this.#text = text
      this.#bytes = fragment(this.#write(text))
    }
    return this.#bytes
  }
}

/** Also true when one of the two values was not logged, since a change cannot be detected then. */
function sameValue(before: Row, after: Row, column: number): boolean {
  const start = before.spans[2 * column] ?? SPAN_NULL
  const other = after.spans[2 * column] ?? SPAN_NULL
  if (other < SPAN_NULL || start < SPAN_NULL) return true
  if (start < 0 || other < 0) return start === other
  const length = (before.spans[2 * column + 1] ?? start) - start
  if (length !== (after.spans[2 * column + 1] ?? other) - other) return false
  for (let i = 0; i < length; i++) if (before.bytes[start + i] !== after.bytes[other + i]) return false
  return true
}

/** `ts_ms`, `ts_us` and `ts_ns`; null where the database did not report the time. */
function timeFields(ms: number | null, restUs: number): string {
  if (ms === null) return '"ts_ms":null,"ts_us":null,"ts_ns":null'
  const us = BigInt(ms) * 1000n + BigInt(restUs)
  return `"ts_ms":${ms},"ts_us":${us},"ts_ns":${us * 1000n}`
}

function members(values: Record<string, string | null>): string {
  return JSON.stringify(values).slice(1, -1)
}

/** Escapes a text for `sequence`, which is a JSON array in a JSON string. */
function withinSequence(text: string): string {
  return JSON.stringify(JSON.stringify(text).slice(1, -1)).slice(1, -1)
}
