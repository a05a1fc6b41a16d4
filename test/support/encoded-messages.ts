import { BatchBuilder } from '../../src/connector/batch-builder.ts'
import { TableEncoder } from '../../src/connector/envelope.ts'
import type { TransactionFacts } from '../../src/connector/transaction-facts.ts'
import type { LogEvent } from '../../src/model/log-event.ts'
import type { TableVersion } from '../../src/model/table.ts'

export type Values = Readonly<Record<string, unknown>>

/** A parsed message of a table. */
export interface EncodedMessage {
  readonly table: string
  readonly key: Values | null
  readonly op: string
  readonly before: Values | null
  readonly after: Values | null
  readonly committedAtMs: number | null
}

const COMMON = { name: 'shop', version: '9.9.9' } as const

/** What the encoder has to know of each kind. */
const SOURCES = {
  postgresql: { ...COMMON, connector: 'postgresql', positionFields: ['lsn'], transactionIds: 'number' },
  mysql: { ...COMMON, connector: 'mysql', positionFields: ['gtid', 'file', 'pos', 'row'], transactionIds: 'text' },
} as const

/** Encodes changes as the connector does. It keeps the open transaction between calls. */
export class MessageEncoding {
  readonly #source: (typeof SOURCES)[keyof typeof SOURCES]
  readonly #builder = new BatchBuilder()
  readonly #encoders = new Map<TableVersion, TableEncoder>()
  #facts: TransactionFacts | null = null

  constructor(kind: keyof typeof SOURCES = 'postgresql') {
    this.#source = SOURCES[kind]
  }

  take(events: readonly LogEvent[]): EncodedMessage[] {
    for (const event of events) {
      if (event.type === 'begin') this.#facts = { begin: event, takenAtMs: 1 }
      if (event.type !== 'change' || this.#facts === null) continue
      const encoder = this.#encoders.get(event.table) ?? new TableEncoder(event.table, this.#source, event.table.name)
      this.#encoders.set(event.table, encoder)
      encoder.encode(event, this.#facts, this.#builder)
    }
    return this.#builder.takePart().messages.map(({ topic, bytes, keyAt, valueAt, end }) => {
      const text = (from: number, to: number) => Buffer.from(bytes.subarray(from, to)).toString('utf8')
      const { op, before, after, source } = JSON.parse(text(valueAt, end))
      const key = keyAt === valueAt ? null : JSON.parse(text(keyAt, valueAt))
      return { table: topic, key, op, before, after, committedAtMs: source.ts_ms }
    })
  }
}

/** The messages of the changes, encoded as the connector encodes them. */
export function encodedMessages(events: readonly LogEvent[]): EncodedMessage[] {
  return new MessageEncoding().take(events)
}

/** The parts of a message that a consumer acts on. */
export function briefly({ key, op, before, after }: EncodedMessage): unknown[] {
  return [op, key, before, after]
}
