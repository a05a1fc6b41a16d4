import { readMariadbGtid } from './events/mariadb-gtid-event.ts'
import { readLoadQuery, readQuery } from './events/query-event.ts'
import { CHECKSUM_BYTES } from './framing/checksum.ts'
import { EventCursor } from './framing/event-cursor.ts'
import { type EventHeader, HEADER_BYTES } from './framing/event-header.ts'
import { EVENT } from './framing/event-type.ts'
import { inflated } from './rows/rows-event.ts'
import { classify } from './statements/statement.ts'

/** What an event does to the span of a transaction: it begins one, is within one, ends one, or is none of a transaction. */
export type SpanStep = 'begins' | 'within' | 'ends' | 'outside'

const BEGINS: ReadonlySet<number> = new Set([EVENT.GTID, EVENT.ANONYMOUS_GTID, EVENT.GTID_TAGGED, EVENT.MARIADB_GTID])
const ENDS: ReadonlySet<number> = new Set([EVENT.XID, EVENT.XA_PREPARE, EVENT.TRANSACTION_PAYLOAD])
const QUERIES: ReadonlySet<number> = new Set([EVENT.QUERY, EVENT.MARIADB_QUERY_COMPRESSED, EVENT.EXECUTE_LOAD_QUERY])
/** A transaction cannot continue after one of these. */
const OUTSIDE: ReadonlySet<number> = new Set([
  EVENT.ROTATE,
  EVENT.FORMAT_DESCRIPTION,
  EVENT.STOP,
  EVENT.PREVIOUS_GTIDS,
  EVENT.MARIADB_GTID_LIST,
  EVENT.HEARTBEAT,
  EVENT.HEARTBEAT_V2,
])

/** Follows where transactions begin and end by types and first words alone, so that it works with events that cannot be decoded. */
export class TransactionSpan {
  /** Several events follow until a commit. */
  #hasBegun = false

  /** `checksums`: the event ends with a checksum. */
  step(header: EventHeader, bytes: Buffer, start: number, end: number, checksums: boolean): SpanStep {
    const cursor = new EventCursor(header, bytes, start + HEADER_BYTES, end - (checksums ? CHECKSUM_BYTES : 0))
    if (BEGINS.has(header.type)) {
      this.#hasBegun = header.type === EVENT.MARIADB_GTID && beginsSeveral(cursor, header.serverId)
      return 'begins'
    }
    if (OUTSIDE.has(header.type)) return 'outside'
    if (ENDS.has(header.type)) return this.#end()
    return QUERIES.has(header.type) ? this.#query(header.type, cursor) : 'within'
  }

  #query(type: number, cursor: EventCursor): SpanStep {
    switch (kindOf(type, cursor)) {
      case 'begin':
      case 'xaStart':
        this.#hasBegun = true
        return 'within'
      case 'commit':
      case 'rollback':
        return this.#end()
      default:
        // A statement of its own is a whole transaction.
        return this.#hasBegun ? 'within' : this.#end()
    }
  }

  #end(): SpanStep {
    this.#hasBegun = false
    return 'ends'
  }
}

function beginsSeveral(cursor: EventCursor, serverId: number): boolean {
  try {
    return readMariadbGtid(cursor, serverId).begins !== 'statement'
  } catch {
    return true
  }
}

function kindOf(type: number, cursor: EventCursor): ReturnType<typeof classify>['kind'] {
  try {
    if (type === EVENT.EXECUTE_LOAD_QUERY) return classify(readLoadQuery(cursor).statement).kind
    return classify(readQuery(cursor, type === EVENT.MARIADB_QUERY_COMPRESSED ? inflated : undefined).statement).kind
  } catch {
    return 'other'
  }
}
