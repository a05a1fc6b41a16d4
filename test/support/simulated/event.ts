import type { LogEvent } from '../../../src/model/log-event.ts'
import type { Row, TableVersion } from '../../../src/model/table.ts'
import type { SimulatedLog, SimulatedRow, SimulatedTransaction } from './log.ts'

const decoder = new TextDecoder()

const SIMULATED_TABLE: TableVersion = {
  database: 'simulated',
  schema: 'public',
  name: 'item',
  columns: [
    { name: 'id', type: 'integer', key: true, write: (from, start, end, to) => to.copy(from, start, end) },
    {
      name: 'payload',
      type: 'text',
      key: false,
      write: (from, start, end, to) => to.ascii(JSON.stringify(decoder.decode(from.subarray(start, end)))),
    },
  ],
}

/** The events of a transaction in the stream. */
export function eventsOf(transaction: SimulatedTransaction, log: SimulatedLog): LogEvent[] {
  const { rows, pulse, endAt, committedAtMs } = transaction
  return [
    { type: 'begin', transaction: String(endAt), committedAtMs },
    ...rows.map(changeOf),
    ...(pulse === null ? [] : [{ type: 'pulse' as const, nonce: pulse.nonce, committedAtMs }]),
    { type: 'commit', offset: log.offsetAt(endAt, 'commit', committedAtMs) },
  ]
}

function changeOf({ op, id, at, payloadBytes }: SimulatedRow): LogEvent {
  const text = String(id)
  const bytes = Buffer.alloc(text.length + payloadBytes, 'x')
  bytes.write(text, 'latin1')
  const row: Row = { bytes, spans: [0, text.length, text.length, bytes.length] }
  const [before, after] = op === 'd' ? [row, null] : [null, row]
  return { type: 'change', table: SIMULATED_TABLE, op, before, after, position: [at] }
}
