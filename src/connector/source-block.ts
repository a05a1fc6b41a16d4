import { type ByteConstant, byteConstant } from '../model/byte-constant.ts'
import type { ByteWriter } from '../model/byte-writer.ts'
import { writeInteger } from '../model/integer-text.ts'
import type { BeginEvent, ChangeEvent } from '../model/log-event.ts'
import type { TableName } from '../model/table.ts'
import type { EnvelopeSource } from './envelope-source.ts'
import { writeString } from './plain-text.ts'
import { RepeatedBytes } from './repeated-bytes.ts'
import { SequenceText } from './sequence-text.ts'
import { writeTimes } from './time-fields.ts'

type PositionValue = ChangeEvent['position'][number]

const NULL = byteConstant('null')
const SEQUENCE = byteConstant(',"sequence":"')
const AFTER_NOTHING = byteConstant(',"sequence":"[null,\\"')
const AFTER = byteConstant(',"sequence":"[\\"')
const BETWEEN = byteConstant('\\",\\"')
const SEQUENCE_END = byteConstant('\\"]"')

/**
 * Writes the message's source block, without its closing brace:
 *
 *   ,"source":{constant,times,table,"txId":…,"sequence":"[after,first]",position
 *
 * `first` is the first value of the position. If it is a number or the only value, it differs for each row. Otherwise the last value does, and
 * everything before it is written once for many rows. If it is null, the source gives the elements of `sequence`.
 */
export class SourceBlock {
  readonly #head: ByteConstant
  readonly #table: ByteConstant
  readonly #transactionIds: EnvelopeSource['transactionIds']
  readonly #sequenceOf: EnvelopeSource['sequenceOf']
  /** `,"name":` for each field of the position. */
  readonly #fields: readonly ByteConstant[]
  /** Transactions that were committed at the same time have it in common. */
  readonly #origin = new RepeatedBytes((to) => this.#writeOrigin(to))
  readonly #start = new RepeatedBytes((to) => this.#writeStart(to))
  /** The values of the position that `#start` contains. */
  readonly #steady: (PositionValue | undefined)[]
  /** Whether the first value of the position differs for each row. */
  #varies = false
  #begin: BeginEvent | null = null
  /** The end of the previous transaction, which often was the first value of its position. */
  #after = new SequenceText()
  #first = new SequenceText()

  constructor(table: TableName, source: EnvelopeSource) {
    const { version, connector, name, positionFields, transactionIds, sequenceOf } = source
    this.#head = byteConstant(`,"source":{${members({ version, connector, name })},`)
    const origin = { snapshot: 'false', db: table.database, schema: table.schema, table: table.name }
    this.#table = byteConstant(`,${members(origin)},"txId":`)
    this.#transactionIds = transactionIds
    this.#sequenceOf = sequenceOf
    this.#fields = positionFields.map((field) => byteConstant(`,${JSON.stringify(field)}:`))
    this.#steady = positionFields.slice(1).map(() => null)
  }

  begin(begin: BeginEvent): void {
    const before = this.#begin
    const isAtSameTime =
      before?.committedAtMs === begin.committedAtMs && before.committedAtRestUs === begin.committedAtRestUs
    if (!isAtSameTime) this.#origin.renew()
    this.#begin = begin
    this.#start.renew()
  }

  write(position: ChangeEvent['position'], to: ByteWriter): void {
    this.#compare(position)
    this.#start.write(to)
    if (this.#varies) {
      this.#writeSequenceEnd(position[0], to)
      for (let i = 0; i < this.#fields.length; i++) {
        to.constant(this.#fields[i] ?? NULL)
        writeValue(position[i], to)
      }
    } else writeValue(position[this.#fields.length - 1], to)
  }

  /** Renews the start if a value that it contains has changed. */
  #compare(position: ChangeEvent['position']): void {
    const first = position[0]
    const varies = typeof first === 'number' || typeof first === 'bigint' || this.#fields.length < 2
    if (varies !== this.#varies) {
      this.#varies = varies
      this.#start.renew()
    }
    if (varies) return
    const steady = this.#steady
    for (let i = 0; i < steady.length; i++) {
      if (position[i] === steady[i]) continue
      steady[i] = position[i]
      this.#start.renew()
    }
  }

  #writeStart(to: ByteWriter): void {
    const begin = this.#begin
    if (begin === null) return
    this.#origin.write(to)
    this.#writeTransactionId(begin.transaction, to)
    const steady = this.#steady
    const hasFirst = this.#varies || typeof steady[0] === 'string'
    if (hasFirst || this.#sequenceOf === undefined) {
      this.#writeAfter(begin.after, to)
      if (this.#varies) return
      this.#writeSequenceEnd(steady[0], to)
    } else {
      to.constant(SEQUENCE)
      writeSequence(this.#sequenceOf(steady.map((value) => value ?? null)), to)
    }
    for (let i = 0; i < this.#fields.length; i++) {
      to.constant(this.#fields[i] ?? NULL)
      if (i === 0 && steady[0] === this.#first.text) this.#first.writeString(to)
      else if (i < steady.length) writeValue(steady[i], to)
    }
  }

  #writeOrigin(to: ByteWriter): void {
    to.constant(this.#head)
    writeTimes(this.#begin?.committedAtMs ?? null, this.#begin?.committedAtRestUs ?? 0, to)
    to.constant(this.#table)
  }

  #writeTransactionId(id: string | null, to: ByteWriter): void {
    if (id === null) to.constant(NULL)
    else if (this.#transactionIds === 'number') to.ascii(id)
    else writeString(id, to)
  }

  #writeAfter(after: string | undefined, to: ByteWriter): void {
    if (after === undefined) {
      to.constant(AFTER_NOTHING)
      return
    }
    if (after === this.#first.text) [this.#after, this.#first] = [this.#first, this.#after]
    this.#after.set(after)
    to.constant(AFTER)
    this.#after.writeWithin(to)
    to.constant(BETWEEN)
  }

  #writeSequenceEnd(first: PositionValue | undefined, to: ByteWriter): void {
    if (typeof first === 'string') {
      this.#first.set(first)
      this.#first.writeWithin(to)
    } else writeInteger(first ?? 0, to)
    to.constant(SEQUENCE_END)
  }
}

function writeSequence(elements: readonly string[], to: ByteWriter): void {
  to.utf8(JSON.stringify(JSON.stringify(elements)).slice(1))
}

function writeValue(value: PositionValue | undefined, to: ByteWriter): void {
  if (value === undefined || value === null) to.constant(NULL)
  else if (typeof value === 'string') writeString(value, to)
  else writeInteger(value, to)
}

function members(values: Record<string, string | null>): string {
  return JSON.stringify(values).slice(1, -1)
}
