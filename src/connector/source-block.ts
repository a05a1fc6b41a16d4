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

const NULL = Buffer.from('null')
const SEQUENCE = Buffer.from(',"sequence":"')
const AFTER_NOTHING = Buffer.from('[null,\\"')
const AFTER = Buffer.from('[\\"')
const BETWEEN = Buffer.from('\\",\\"')
const SEQUENCE_END = Buffer.from('\\"]"')

/**
 * Writes the message's source block, without its closing brace:
 *
 *   ,"source":{constant,times,table,"txId":…,"sequence":"[after,first]",position
 *
 * `first` is the first value of the position. Everything before the first number in the position is equal for many rows.
 */
export class SourceBlock {
  readonly #head: Buffer
  readonly #table: Buffer
  readonly #transactionIds: EnvelopeSource['transactionIds']
  /** `,"name":` for each field of the position. */
  readonly #fields: readonly Buffer[]
  readonly #start = new RepeatedBytes((to) => this.#writeStart(to))
  /** The values of the position in `#start`: the texts at its beginning. */
  readonly #texts: (string | null)[]
  /** How many values of the position `#start` contains. */
  #steady = 0
  #facts: TransactionFacts | null = null

  constructor(table: TableName, { version, connector, name, positionFields, transactionIds }: EnvelopeSource) {
    this.#head = Buffer.from(`,"source":{${members({ version, connector, name })},`)
    const origin = { snapshot: 'false', db: table.database, schema: table.schema, table: table.name }
    this.#table = Buffer.from(`,${members(origin)},"txId":`)
    this.#transactionIds = transactionIds
    this.#fields = positionFields.map((field) => Buffer.from(`,${JSON.stringify(field)}:`))
    this.#texts = positionFields.map(() => null)
  }

  begin(facts: TransactionFacts): void {
    this.#facts = facts
    this.#start.renew()
  }

  write(position: ChangeEvent['position'], to: ByteWriter): void {
    this.#compare(position)
    this.#start.write(to)
    let i = this.#steady
    if (i === 0) {
      writeInteger(numberOf(position[0]), to)
      to.append(SEQUENCE_END)
    }
    for (; i < this.#fields.length; i++) {
      to.append(this.#fields[i] ?? NULL)
      writeValue(position[i], to)
    }
  }

  /** Renews the start if the texts at the beginning of the position have changed. */
  #compare(position: ChangeEvent['position']): void {
    const texts = this.#texts
    let steady = 0
    for (; steady < texts.length; steady++) {
      const value = position[steady]
      if (typeof value !== 'string') break
      if (value === texts[steady]) continue
      texts[steady] = value
      this.#start.renew()
    }
    if (steady === this.#steady) return
    this.#steady = steady
    this.#start.renew()
  }

  #writeStart(to: ByteWriter): void {
    const facts = this.#facts
    if (facts === null) return
    to.append(this.#head)
    writeTimes(facts.committedAtMs, facts.committedAtRestUs ?? 0, to)
    to.append(this.#table)
    this.#writeTransactionId(facts.transaction, to)
    to.append(SEQUENCE)
    this.#writeAfter(facts.after, to)
    const steady = this.#steady
    if (steady === 0) return
    writeWithinSequence(this.#texts[0] ?? '', to)
    to.append(SEQUENCE_END)
    for (let i = 0; i < steady; i++) {
      to.append(this.#fields[i] ?? NULL)
      writeString(this.#texts[i] ?? '', to)
    }
  }

  #writeTransactionId(id: string | null, to: ByteWriter): void {
    if (id === null) to.append(NULL)
    else if (this.#transactionIds === 'number') to.ascii(id)
    else writeString(id, to)
  }

  #writeAfter(after: string | undefined, to: ByteWriter): void {
    if (after === undefined) {
      to.append(AFTER_NOTHING)
      return
    }
    to.append(AFTER)
    writeWithinSequence(after, to)
    to.append(BETWEEN)
  }
}

function numberOf(value: PositionValue | undefined): number | bigint {
  return typeof value === 'number' || typeof value === 'bigint' ? value : 0
}

function writeValue(value: PositionValue | undefined, to: ByteWriter): void {
  if (value === undefined || value === null) to.append(NULL)
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
