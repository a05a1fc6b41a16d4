import { type ByteConstant, byteConstant } from '../model/byte-constant.ts'
import type { ByteWriter } from '../model/byte-writer.ts'
import { writeInteger } from '../model/integer-text.ts'
import type { ChangeEvent } from '../model/log-event.ts'
import type { TableName } from '../model/table.ts'
import type { EnvelopeSource } from './envelope-source.ts'
import { writePlain, writeString } from './plain-text.ts'
import { RepeatedBytes } from './repeated-bytes.ts'
import { writeTimes } from './time-fields.ts'
import type { TransactionFacts } from './transaction-facts.ts'

type PositionValue = ChangeEvent['position'][number]

const NULL = byteConstant('null')
const SEQUENCE = byteConstant(',"sequence":"')
const AFTER_NOTHING = byteConstant('[null,\\"')
const AFTER = byteConstant('[\\"')
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
  readonly #start = new RepeatedBytes((to) => this.#writeStart(to))
  /** The values of the position that `#start` contains. */
  readonly #steady: (PositionValue | undefined)[]
  /** Whether the first value of the position differs for each row. */
  #varies = false
  #facts: TransactionFacts | null = null

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

  begin(facts: TransactionFacts): void {
    this.#facts = facts
    this.#start.renew()
  }

  write(position: ChangeEvent['position'], to: ByteWriter): void {
    this.#compare(position)
    this.#start.write(to)
    if (this.#varies) {
      writeSequenceEnd(position[0], to)
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
    const facts = this.#facts
    if (facts === null) return
    to.constant(this.#head)
    writeTimes(facts.committedAtMs, facts.committedAtRestUs ?? 0, to)
    to.constant(this.#table)
    this.#writeTransactionId(facts.transaction, to)
    to.constant(SEQUENCE)
    const steady = this.#steady
    const hasFirst = this.#varies || typeof steady[0] === 'string'
    if (hasFirst || this.#sequenceOf === undefined) {
      this.#writeAfter(facts.after, to)
      if (this.#varies) return
      writeSequenceEnd(steady[0], to)
    } else writeSequence(this.#sequenceOf(steady.map((value) => value ?? null)), to)
    for (let i = 0; i < this.#fields.length; i++) {
      to.constant(this.#fields[i] ?? NULL)
      if (i < steady.length) writeValue(steady[i], to)
    }
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
    to.constant(AFTER)
    writeWithinSequence(after, to)
    to.constant(BETWEEN)
  }
}

function writeSequence(elements: readonly string[], to: ByteWriter): void {
  to.utf8(JSON.stringify(JSON.stringify(elements)).slice(1))
}

function writeSequenceEnd(first: PositionValue | undefined, to: ByteWriter): void {
  if (typeof first === 'string') writeWithinSequence(first, to)
  else writeInteger(first ?? 0, to)
  to.constant(SEQUENCE_END)
}

function writeValue(value: PositionValue | undefined, to: ByteWriter): void {
  if (value === undefined || value === null) to.constant(NULL)
  else if (typeof value === 'string') writeString(value, to)
  else writeInteger(value, to)
}

/** Escapes a text for `sequence`, which is a JSON array in a JSON string. */
function writeWithinSequence(text: string, to: ByteWriter): void {
  if (!writePlain(text, to)) to.utf8(JSON.stringify(JSON.stringify(text).slice(1, -1)).slice(1, -1))
}

function members(values: Record<string, string | null>): string {
  return JSON.stringify(values).slice(1, -1)
}
