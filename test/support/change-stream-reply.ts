import { BSON } from 'mongodb'
import { ByteWriter } from '../../src/model/byte-writer.ts'
import type { LogEvent } from '../../src/model/log-event.ts'
import type { Offset } from '../../src/model/offset.ts'
import type { JsonWriter, Row } from '../../src/model/table.ts'
import { ChangeStreamDecoder, type DecoderOptions } from '../../src/sources/mongodb/decode/change-stream-decoder.ts'
import { readCursorReply } from '../../src/sources/mongodb/decode/cursor-reply.ts'
import type { CommitOffset } from '../../src/sources/mongodb/decode/transaction-grouping.ts'
import { MONGODB_POSITIONS, streamPosition } from '../../src/sources/mongodb/position/position.ts'

/** A token in the form of mongod's: the time, and something that grows within it. */
export function tokenOf(seconds: number, increment = 1, rest = 0): string {
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, '0')
  return `82${hex(seconds)}${hex(increment)}${hex(rest)}`
}

export interface EventAt {
  readonly seconds: number
  readonly increment?: number
  readonly rest?: number
  readonly fields: BSON.Document
}

/** An event as a server sends it, its token and time first. */
export function changeEvent({ seconds, increment = 1, rest = 0, fields }: EventAt): BSON.Document {
  return {
    _id: { _data: tokenOf(seconds, increment, rest) },
    clusterTime: new BSON.Timestamp({ t: seconds, i: increment }),
    ...fields,
  }
}

export interface Reply {
  readonly events?: readonly BSON.Document[]
  readonly token?: BSON.Document
  readonly cursorId?: bigint
  readonly first?: boolean
}

/** The field `cursor` of a reply. */
export function cursorReply({ events = [], token, cursorId = 7n, first = false }: Reply): Uint8Array {
  return BSON.serialize({
    [first ? 'firstBatch' : 'nextBatch']: events,
    ...(token === undefined ? {} : { postBatchResumeToken: token }),
    id: BSON.Long.fromBigInt(cursorId),
    ns: 'shop.$cmd.aggregate',
  })
}

export const commitOffset: CommitOffset = (token, time): Offset => ({
  position: streamPosition({ token, time }),
  server: null,
  memory: {},
  moved: { by: 'commit', why: '', atMs: 0 },
})

/** Decodes a reply as the reader does. */
export function decodeReply(decoder: ChangeStreamDecoder, cursor: Uint8Array, into: LogEvent[]): void {
  const { events, token } = readCursorReply(cursor)
  for (const start of events.starts) decoder.decode(events.bytes, start, into)
  decoder.endBatch({ token, isEmpty: events.starts.length === 0 }, into)
}

export function streamDecoder(options: Partial<DecoderOptions> = {}): ChangeStreamDecoder {
  return new ChangeStreamDecoder({
    source: 'shop',
    documents: 'debezium',
    isWatched: (database) => database === 'shop',
    heartbeat: { database: 'streamkap', name: 'streamkap_heartbeat', deliver: false },
    isRouter: false,
    startTime: { seconds: 1, increment: 0 },
    commitOffset,
    ...options,
  })
}

/** The events of a stream, a line each, offsets by their position. */
export function eventLine(event: LogEvent): string {
  switch (event.type) {
    case 'begin':
      return `begin ${event.transaction ?? event.name} at ${event.committedAtMs}${event.after === undefined ? '' : ` after ${event.after}`}`
    case 'change': {
      const { table, op, before, after, position } = event
      const [column] = table.columns
      if (column === undefined || table.document === undefined) throw new Error('not a table of documents')
      const rows = [before, after].map((row) => rowText(row, [column.write, table.document, table.updateDescription]))
      return `${op} ${table.database}.${table.name} ${position.join('/')} ${rows.join(' -> ')}`
    }
    case 'pulse':
      return `pulse ${event.nonce} at ${event.committedAtMs}`
    case 'notice':
      return `notice ${event.code} ${JSON.stringify(event.details)}`
    case 'rollback':
      return event.type
    default:
      return `${event.type} ${MONGODB_POSITIONS.text(event.offset.position)}`
  }
}

function rowText(row: Row | null, writers: readonly (JsonWriter | undefined)[]): string {
  if (row === null) return 'none'
  const { bytes, spans } = row
  const texts = writers.map((write, i) => {
    const start = spans[2 * i] ?? -1
    const to = new ByteWriter(64)
    if (start >= 0) write?.(bytes, start, spans[2 * i + 1] ?? start, to)
    return start < 0 ? '-' : to.bytes.toString('utf8', 0, to.length)
  })
  return `[${texts.join(' | ')}]`
}
