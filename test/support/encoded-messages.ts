import { BatchBuilder } from '../../src/connector/batch-builder.ts'
import { TableEncoder } from '../../src/connector/envelope.ts'
import type { TransactionFacts } from '../../src/connector/transaction-facts.ts'
import type { LogEvent } from '../../src/model/log-event.ts'
import type { TableVersion } from '../../src/model/table.ts'

type Values = Readonly<Record<string, unknown>>

/** A message of a table, parsed. */
export interface EncodedMessage {
  readonly table: string
  readonly key: Values | null
  readonly op: string
  readonly before: Values | null
  readonly after: Values | null
  readonly committedAtMs: number | null
}

const SOURCE = { name: 'shop', connector: 'postgresql', version: '9.9.9', placeFields: ['lsn'] }

/** The messages of the changes, as the connector writes them. */
export function encodedMessages(events: readonly LogEvent[]): EncodedMessage[] {
  const builder = new BatchBuilder()
  const encoders = new Map<TableVersion, TableEncoder>()
  let facts: TransactionFacts | null = null
  for (const event of events) {
    if (event.type === 'begin') facts = { ...event, takenAtMs: 1 }
    if (event.type !== 'change' || facts === null) continue
    const encoder = encoders.get(event.table) ?? new TableEncoder(event.table, SOURCE, event.table.name)
    encoders.set(event.table, encoder)
    encoder.encode(event, facts, builder)
  }
  return builder.takePart().messages.map(({ topic, bytes, keyAt, valueAt, end }) => {
    const text = (from: number, to: number) => Buffer.from(bytes.subarray(from, to)).toString('utf8')
    const { op, before, after, source } = JSON.parse(text(valueAt, end))
    const key = keyAt === valueAt ? null : JSON.parse(text(keyAt, valueAt))
    return { table: topic, key, op, before, after, committedAtMs: source.ts_ms }
  })
}

/** What a consumer goes by. */
export function briefly({ key, op, before, after }: EncodedMessage): unknown[] {
  return [op, key, before, after]
}
