import type { ByteWriter } from '../model/byte-writer.ts'
import type { ChangeEvent, Op } from '../model/log-event.ts'
import { type Column, type Row, SPAN_ABSENT, SPAN_NULL, SPAN_UNAVAILABLE, type TableVersion } from '../model/table.ts'
import type { BatchBuilder } from './batch-builder.ts'
import { fragment, writeFragment, writeInteger } from './json-bytes.ts'

/** What all messages of one source say of it. */
export interface EnvelopeSource {
  readonly name: string
  readonly connector: string
  readonly version: string
  readonly placeFields: readonly string[]
}

/** What all messages of one transaction share. */
export interface TransactionFacts {
  readonly transaction: string | null
  readonly committedAtMs: number | null
  /** When the connector took it up, for the envelope's own `ts_ms`. */
  readonly takenAtMs: number
}

/** Stands for a value that the log left out because it did not change, as the field's consumers know it. */
const UNAVAILABLE_VALUE = '__debezium_unavailable_value'

const NULL = fragment('null')
const UNAVAILABLE = fragment(JSON.stringify(UNAVAILABLE_VALUE))
const BEFORE_NULL_AFTER = fragment('{"before":null,"after":')
const BEFORE = fragment('{"before":')
const AFTER = fragment(',"after":')
const OPEN = 0x7b
const CLOSE = 0x7d

/** Compiled once for a table version; writes the envelope of each change straight into bytes. Nothing is looked up by name for a row. */
export class TableEncoder {
  readonly topic: string
  readonly #columns: readonly Column[]
  readonly #names: readonly Buffer[]
  readonly #laterNames: readonly Buffer[]
  readonly #keys: readonly number[]
  readonly #sourceHead: string
  readonly #sourceTail: string
  readonly #placeNames: readonly Buffer[]
  #facts: TransactionFacts | null = null
  #sourceText: Buffer = NULL
  readonly #tails = new Map<Op, Buffer>()

  constructor(table: TableVersion, source: EnvelopeSource, topic: string) {
    this.topic = topic
    this.#columns = table.columns
    this.#names = table.columns.map((column) => fragment(`${JSON.stringify(column.name)}:`))
    this.#laterNames = table.columns.map((column) => fragment(`,${JSON.stringify(column.name)}:`))
    this.#keys = table.columns.flatMap((column, index) => (column.key ? [index] : []))
    const { version, connector, name } = source
    this.#sourceHead = `,"source":{${members({ version, connector, name })},"ts_ms":`
    const place = { snapshot: 'false', db: table.database, schema: table.schema, table: table.name }
    this.#sourceTail = `,${members(place)},"txId":`
    this.#placeNames = source.placeFields.map((field) => fragment(`,${JSON.stringify(field)}:`))
  }

  /** One message, or two where an update changed the key: a delete of the old key and a create of the new. */
  encode(change: ChangeEvent, facts: TransactionFacts, to: BatchBuilder): void {
    if (facts !== this.#facts) this.#begin(facts)
    const { op, before, after } = change
    if (op === 'u' && before !== null && after !== null && this.#keyChanged(before, after)) {
      this.#message('d', before, null, change, to)
      this.#message('c', null, after, change, to, before)
      return
    }
    this.#message(op, before, after, change, to)
  }

  #begin(facts: TransactionFacts): void {
    if (facts.takenAtMs !== this.#facts?.takenAtMs) this.#tails.clear()
    this.#facts = facts
    this.#sourceText = fragment(
      `${this.#sourceHead}${facts.committedAtMs}${this.#sourceTail}${transactionJson(facts.transaction)}`,
    )
  }

  #tail(op: Op): Buffer {
    const known = this.#tails.get(op)
    if (known !== undefined) return known
    const tail = fragment(`},"op":"${op}","ts_ms":${this.#facts?.takenAtMs ?? 0}}`)
    this.#tails.set(op, tail)
    return tail
  }

  #message(op: Op, before: Row | null, after: Row | null, change: ChangeEvent, batch: BatchBuilder, old?: Row): void {
    const to = batch.writer
    const keyAt = to.length
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
    this.#writePlace(change.place, to)
    writeFragment(this.#tail(op), to)
    const facts = this.#facts
    batch.add(this.topic, keyAt, valueAt, facts?.committedAtMs ?? facts?.takenAtMs ?? 0)
  }

  #writePlace(place: readonly (number | bigint)[], to: ByteWriter): void {
    for (let i = 0; i < this.#placeNames.length; i++) {
      writeFragment(this.#placeNames[i] ?? NULL, to)
      writeInteger(place[i] ?? 0, to)
    }
  }

  #writeRow(row: Row, to: ByteWriter): void {
    const { bytes, spans } = row
    to.byte(OPEN)
    let names = this.#names
    for (let i = 0; i < this.#columns.length; i++) {
      const start = spans[2 * i] ?? SPAN_NULL
      if (start === SPAN_ABSENT) continue
      writeFragment(names[i] ?? NULL, to)
      names = this.#laterNames
      if (start >= 0) this.#columns[i]?.write(bytes, start, spans[2 * i + 1] ?? start, to)
      else writeFragment(start === SPAN_UNAVAILABLE ? UNAVAILABLE : NULL, to)
    }
    to.byte(CLOSE)
  }

  /** The key's columns; one that the log left out of the new row because it did not change is taken from the old. */
  #writeKey(row: Row, old: Row | null, to: ByteWriter): void {
    to.byte(OPEN)
    let names = this.#names
    for (const i of this.#keys) {
      writeFragment(names[i] ?? NULL, to)
      names = this.#laterNames
      const from = (row.spans[2 * i] ?? SPAN_NULL) === SPAN_UNAVAILABLE && old !== null ? old : row
      const start = from.spans[2 * i] ?? SPAN_NULL
      if (start >= 0) this.#columns[i]?.write(from.bytes, start, from.spans[2 * i + 1] ?? start, to)
      else writeFragment(start === SPAN_UNAVAILABLE ? UNAVAILABLE : NULL, to)
    }
    to.byte(CLOSE)
  }

  #keyChanged(before: Row, after: Row): boolean {
    return this.#keys.some((i) => !sameValue(before, after, i))
  }
}

function sameValue(before: Row, after: Row, column: number): boolean {
  const start = before.spans[2 * column] ?? SPAN_NULL
  const other = after.spans[2 * column] ?? SPAN_NULL
  if (other === SPAN_UNAVAILABLE || start === SPAN_UNAVAILABLE) return true
  if (start < 0 || other < 0) return start === other
  const length = (before.spans[2 * column + 1] ?? start) - start
  if (length !== (after.spans[2 * column + 1] ?? other) - other) return false
  for (let i = 0; i < length; i++) if (before.bytes[start + i] !== after.bytes[other + i]) return false
  return true
}

function members(values: Record<string, string | null>): string {
  return JSON.stringify(values).slice(1, -1)
}

/** Ids that are numbers in their database (PostgreSQL's xid) stay numbers, exact; others are strings. */
function transactionJson(transaction: string | null): string {
  if (transaction !== null && /^(0|[1-9]\d*)$/u.test(transaction)) return transaction
  return JSON.stringify(transaction)
}
