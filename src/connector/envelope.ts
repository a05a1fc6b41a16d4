import { type ByteConstant, byteConstant } from '../model/byte-constant.ts'
import type { ByteWriter } from '../model/byte-writer.ts'
import type { ChangeEvent, Op } from '../model/log-event.ts'
import {
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
import { messageTooLarge } from './message-too-large.ts'
import { RepeatedBytes } from './repeated-bytes.ts'
import { SourceBlock } from './source-block.ts'
import { writeTimes } from './time-fields.ts'
import { countIn } from './transaction-count.ts'
import type { TransactionFacts } from './transaction-facts.ts'

/** The end of the source block, and `transaction` of a message without transaction metadata, Debezium's default. */
const NO_TRANSACTION = '},"transaction":null'
const NULL = byteConstant('null')
const UNAVAILABLE = Buffer.from(JSON.stringify(UNAVAILABLE_VALUE))
const UPDATE_DESCRIPTION = byteConstant(',"updateDescription":')
const CLOSE = 0x7d

/** The texts in front of the values of an object: in front of the first value, of the later ones, and of the closing brace of `{}`. */
interface Names {
  readonly first: readonly ByteConstant[]
  readonly later: readonly ByteConstant[]
  readonly none: ByteConstant
  /** In front of anything but an object. */
  readonly prefix: ByteConstant
}

/** Compiled once for each table version. Writes the envelope of each change straight into bytes, with no lookup by name for each row. */
export class TableEncoder {
  readonly topic: string
  readonly #document: JsonWriter | null
  readonly #updateDescription: JsonWriter | null
  readonly #writers: readonly JsonWriter[]
  readonly #unavailable: readonly Buffer[]
  readonly #keyNames: Names
  readonly #beforeNames: Names
  readonly #afterNames: Names
  readonly #afterAloneNames: Names
  readonly #keys: readonly number[]
  readonly #sourceBlock: SourceBlock
  readonly #tombstones: boolean
  readonly #writesTransaction: boolean
  #facts: TransactionFacts | null = null
  #tailOp: Op = 'c'
  readonly #tail = new RepeatedBytes((to) => this.#writeTail(to))

  constructor(table: TableVersion, source: EnvelopeSource, topic: string) {
    this.topic = topic
    this.#document = table.document ?? null
    this.#updateDescription = table.updateDescription ?? null
    this.#writers = table.columns.map((column) => column.write)
    this.#unavailable = table.columns.map((column) => column.unavailable ?? UNAVAILABLE)
    this.#keyNames = names('', table)
    this.#beforeNames = names('{"before":', table)
    this.#afterNames = names(',"after":', table)
    this.#afterAloneNames = names('{"before":null,"after":', table)
    this.#keys = table.columns.flatMap((column, index) => (column.key ? [index] : []))
    this.#sourceBlock = new SourceBlock(table, source)
    this.#tombstones = source.options?.tombstonesOnDelete === true
    this.#writesTransaction = source.options?.provideTransactionMetadata === true
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
    if (facts.takenAtMs !== this.#facts?.takenAtMs) this.#tail.renew()
    this.#facts = facts
    this.#sourceBlock.begin(facts.begin)
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
    return facts?.begin.committedAtMs ?? facts?.takenAtMs ?? 0
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
    if (before !== null) this.#writeRow(before, this.#beforeNames, to)
    const afterNames = before === null ? this.#afterAloneNames : this.#afterNames
    if (after !== null) this.#writeRow(after, afterNames, to)
    else {
      to.constant(afterNames.prefix)
      to.constant(NULL)
    }
    if (this.#updateDescription !== null) this.#writeUpdateDescription(after, this.#updateDescription, to)
    this.#sourceBlock.write(change.position, to)
    if (this.#writesTransaction) this.#writeTransaction(change, to)
    if (op !== this.#tailOp) {
      this.#tailOp = op
      this.#tail.renew()
    }
    this.#tail.write(to)
    return valueAt
  }

  #writeTransaction(change: ChangeEvent, to: ByteWriter): void {
    if (this.#facts === null) return
    const { id, totalOrder, collectionOrder } = countIn(this.#facts, this.topic, change)
    const block = { id, total_order: totalOrder, data_collection_order: collectionOrder }
    to.utf8(`},"transaction":${JSON.stringify(block)}`)
  }

  #writeTail(to: ByteWriter): void {
    if (!this.#writesTransaction) to.ascii(NO_TRANSACTION)
    to.ascii(`,"op":"${this.#tailOp}",`)
    writeTimes(this.#facts?.takenAtMs ?? 0, 0, to)
    to.byte(CLOSE)
  }

  #writeRow(row: Row, names: Names, to: ByteWriter): void {
    if (this.#document !== null) {
      to.constant(names.prefix)
      this.#writeDocument(row, this.#document, to)
      return
    }
    const { bytes, spans } = row
    const writers = this.#writers
    let texts = names.first
    for (let i = 0; i < writers.length; i++) {
      const start = spans[2 * i] ?? SPAN_NULL
      if (start === SPAN_ABSENT) continue
      to.constant(texts[i] ?? NULL)
      texts = names.later
      if (start >= 0) writers[i]?.(bytes, start, spans[2 * i + 1] ?? start, to)
      else if (start === SPAN_UNAVAILABLE) to.append(this.#unavailable[i] ?? UNAVAILABLE)
      else to.constant(NULL)
    }
    if (texts === names.first) to.constant(names.none)
    to.byte(CLOSE)
  }

  /** Writes the document, whose span follows the spans of the key columns. When the log has only the key, it writes null. */
  #writeDocument({ bytes, spans }: Row, write: JsonWriter, to: ByteWriter): void {
    const at = 2 * this.#writers.length
    const start = spans[at] ?? SPAN_NULL
    if (start >= 0) write(bytes, start, spans[at + 1] ?? start, to)
    else if (start === SPAN_UNAVAILABLE) to.append(UNAVAILABLE)
    else to.constant(NULL)
  }

  /** Its span follows the document's. */
  #writeUpdateDescription(after: Row | null, write: JsonWriter, to: ByteWriter): void {
    to.constant(UPDATE_DESCRIPTION)
    const at = 2 * this.#writers.length + 2
    const start = after?.spans[at] ?? SPAN_NULL
    if (after !== null && start >= 0) write(after.bytes, start, after.spans[at + 1] ?? start, to)
    else to.constant(NULL)
  }

  /**
   * Writes the key columns. A value that the log left out of the new row because it did not change is taken from the old row. A key is
   * written whole or not at all: when the log lacks one of its values, nothing is written.
   */
  #writeKey(row: Row, old: Row | null, to: ByteWriter): void {
    const keyAt = to.length
    let texts = this.#keyNames.first
    for (const i of this.#keys) {
      const from = (row.spans[2 * i] ?? SPAN_NULL) === SPAN_UNAVAILABLE && old !== null ? old : row
      const start = from.spans[2 * i] ?? SPAN_NULL
      if (start < 0) {
        to.length = keyAt
        return
      }
      to.constant(texts[i] ?? NULL)
      texts = this.#keyNames.later
      this.#writers[i]?.(from.bytes, start, from.spans[2 * i + 1] ?? start, to)
    }
    to.byte(CLOSE)
  }

  #keyChanged(before: Row, after: Row): boolean {
    return this.#keys.some((i) => !sameValue(before, after, i))
  }
}

function names(prefix: string, { columns }: TableVersion): Names {
  const texts = columns.map(({ name }) => `${JSON.stringify(name)}:`)
  return {
    prefix: byteConstant(prefix),
    none: byteConstant(`${prefix}{`),
    first: texts.map((text) => byteConstant(`${prefix}{${text}`)),
    later: texts.map((text) => byteConstant(`,${text}`)),
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
