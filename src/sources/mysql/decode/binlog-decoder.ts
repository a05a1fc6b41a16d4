import type { LogEvent } from '../../../model/log-event.ts'
import type { Offset } from '../../../model/offset.ts'
import { MessageFramer } from '../../stream/message-framer.ts'
import { ColumnHistory, type ColumnHistoryOptions } from '../tables/column-history.ts'
import { TableBook, type WatchedTables } from '../tables/table-book.ts'
import type { ValueForms } from '../values/column-form.ts'
import { type GtidEvent, readGtid, UuidTexts } from './events/gtid-event.ts'
import { readMariadbGtid, readMariadbGtidList } from './events/mariadb-gtid-event.ts'
import { AT_ONCE_BYTES, readPayload, unpackAtOnce, unpackInPieces } from './events/payload-event.ts'
import { readPreviousGtids } from './events/previous-gtids-event.ts'
import { isBegin, type QueryEvent, readLoadQuery, readQuery } from './events/query-event.ts'
import { readTaggedGtid } from './events/tagged-gtid-event.ts'
import { CHECKSUM_BYTES, checkChecksum } from './framing/checksum.ts'
import { EventCursor } from './framing/event-cursor.ts'
import { EVENT_FRAMING } from './framing/event-framing.ts'
import {
  type EventHeader,
  FLAG_ARTIFICIAL,
  FLAG_IGNORABLE,
  HEADER_BYTES,
  readHeader,
  SIZE_AT,
} from './framing/event-header.ts'
import { atEvent, type EventPosition, invalidEvent, unsupportedEvent } from './framing/event-position.ts'
import { EVENT } from './framing/event-type.ts'
import { type FormatDescription, NO_FORMAT, readFormatDescription } from './framing/format-description.ts'
import { type NextPosition, readHeartbeat, readHeartbeatV2, readRotate } from './framing/next-position.ts'
import type { Replay } from './replay.ts'
import { RowDecoder } from './rows/row-decoder.ts'
import { inflated, ROWS_KINDS } from './rows/rows-event.ts'
import { StatementDecoder } from './statements/statement-decoder.ts'
import { tableStatement } from './statements/table-statement.ts'
import type { StreamPosition } from './stream-position.ts'
import { type OffsetMaker, type OpenTransaction, TransactionLog } from './transaction-log.ts'

export interface BinlogDecoderOptions extends WatchedTables, ColumnHistoryOptions {
  /** The name of this source. Heartbeats with another source's nonce are not ours. */
  readonly source: string
  readonly forms: ValueForms
  readonly truncates: boolean
  readonly makeOffset: OffsetMaker
  /** The stretch in front of the stored offset that is read a second time. Absent: none. */
  readonly replay?: Replay | null
  /** The file in which the stream begins. null: not known yet. */
  readonly file: string | null
  readonly position: number
  /** Whether events before the first format description end with a checksum, as agreed with the server. */
  readonly checksums: boolean
}

/**
 * The remaining work for an event. Iterate it to its end before decoding the next event. After each step, the decoded log events can be
 * taken.
 */
export type Rest = AsyncIterable<void>

const MICROSECONDS_PER_MS = 1000
const FOUR_GIB = 0x1_0000_0000
/** These events contain neither rows nor positions. They are about statements, plugins, or the server's own recovery. */
const PASSED: ReadonlySet<number> = new Set([
  EVENT.STOP,
  EVENT.INTVAR,
  EVENT.RAND,
  EVENT.USER_VAR,
  EVENT.APPEND_BLOCK,
  EVENT.DELETE_FILE,
  EVENT.BEGIN_LOAD_QUERY,
  EVENT.IGNORABLE,
  EVENT.ROWS_QUERY,
  EVENT.TRANSACTION_CONTEXT,
  EVENT.VIEW_CHANGE,
  EVENT.MARIADB_ANNOTATE_ROWS,
  EVENT.MARIADB_BINLOG_CHECKPOINT,
  EVENT.MARIADB_START_ENCRYPTION,
])

/**
 * Decodes binary log events into log events. Rows refer to the given bytes, or to new bytes if they were compressed. Use one decoder for
 * one stream: it keeps the format, the tables and the open transaction. It cannot be used after an error.
 */
export class BinlogDecoder {
  readonly #transactions: TransactionLog
  readonly #rows: RowDecoder
  readonly #statements: StatementDecoder
  readonly #uuids = new UuidTexts()
  #format: FormatDescription
  #file: string | null
  /** The position after the last event. */
  #position: number
  #gtidsBeforeFile: string | null = null
  /** The file before the current one ends within a transaction. */
  #isCut = false

  constructor(options: BinlogDecoderOptions) {
    const history = new ColumnHistory(options)
    const book = new TableBook(options, options.forms, history)
    const { isWatched, truncates, forms } = options
    const onTableStatement = (query: QueryEvent, position: EventPosition) => {
      history.forget(tableStatement(query, position, (collation) => forms.charsets.isUtf8(collation)))
      this.#rows.forgetNumbers()
    }
    this.#transactions = new TransactionLog(options.makeOffset, options.replay ?? null)
    this.#rows = new RowDecoder(options.source, book, this.#transactions)
    this.#statements = new StatementDecoder({ isWatched, truncates, onTableStatement }, book, this.#transactions)
    this.#format = { ...NO_FORMAT, checksums: options.checksums }
    this.#file = options.file
    this.#position = options.position
  }

  get reached(): StreamPosition {
    return { file: this.#file, position: this.#position }
  }

  /** The transaction that is being decoded, also after an error. null: none. */
  get transaction(): OpenTransaction | null {
    return this.#transactions.open
  }

  /** Whether events end with a checksum. */
  get checksums(): boolean {
    return this.#format.checksums
  }

  /** The offset after a transaction that cannot be decoded and ends there. Call it only after the error. */
  offsetAfter(end: StreamPosition): Offset {
    return this.#transactions.offsetAfter(end)
  }

  /** The GTIDs of all transactions before the current file, as the server prints the set. null: not read yet. */
  get gtidsBeforeFile(): string | null {
    return this.#gtidsBeforeFile
  }

  /**
   * Decodes the event in `bytes` from `start` to `end`, including header and checksum, and pushes the resulting log events. Returns the
   * remaining work if the catalogue must be queried or a large transaction must be decompressed. Throws a classified error with file,
   * offset and type.
   */
  decode(bytes: Buffer, start: number, end: number, into: LogEvent[]): Rest | undefined {
    if (end - start < HEADER_BYTES) {
      throw invalidEvent({ file: this.#file, offset: this.#position, type: 0 }, 'it ends too early')
    }
    const header = readHeader(bytes, start, this.#file, this.#offset(bytes, start, end - start))
    if (bytes.readUInt32LE(start + SIZE_AT) !== end - start)
      throw invalidEvent(header, 'it has another size than it says')
    const isFormat = header.type === EVENT.FORMAT_DESCRIPTION
    const cursorEnd = isFormat ? end : this.#withoutChecksum(header, bytes, start, end)
    const cursor = new EventCursor(header, bytes, start + HEADER_BYTES, cursorEnd)
    if (isFormat) this.#describe(header, cursor, start, into)
    if (this.#isInFile(header)) this.#position = header.offset + end - start
    return isFormat ? undefined : this.#event(header, cursor, into)
  }

  /** MariaDB 11.8 writes no position into the events within a transaction. Others without a position were created for the stream. */
  #isInFile({ nextPosition, flags }: EventHeader): boolean {
    return (nextPosition !== 0 || this.#transactions.isOpen) && (flags & FLAG_ARTIFICIAL) === 0
  }

  /** The position where the event begins. Positions in the log are modulo 2^32. */
  #offset(bytes: Buffer, start: number, size: number): number {
    const next = bytes.readUInt32LE(start + 13)
    if (next === 0) return this.#position
    const behind = this.#position < FOUR_GIB ? this.#position : this.#position % FOUR_GIB
    const base = this.#position - behind
    const begin = next - size
    if (begin < 0) return behind > FOUR_GIB / 2 ? base + FOUR_GIB + begin : this.#position
    return begin >= behind || behind - begin < FOUR_GIB / 2 ? base + begin : base + FOUR_GIB + begin
  }

  #withoutChecksum(header: EventHeader, bytes: Buffer, start: number, end: number): number {
    if (!this.#format.checksums) return end
    if (end - start < HEADER_BYTES + CHECKSUM_BYTES) throw invalidEvent(header, 'it ends too early')
    checkChecksum(header, bytes, start, end)
    return end - CHECKSUM_BYTES
  }

  #describe(header: EventHeader, cursor: EventCursor, start: number, into: LogEvent[]): void {
    const format = readFormatDescription(cursor)
    // Otherwise the checksum is not valid: the server changes this event for the stream.
    if (format.checksums) checkChecksum(header, cursor.bytes, start, cursor.end)
    if (format.afterStart && (header.flags & FLAG_ARTIFICIAL) === 0) {
      this.#transactions.abandon(into)
      this.#rows.forgetNumbers()
    }
    if (this.#isCut) this.#transactions.requireEnd(header)
    this.#isCut = false
    this.#format = format
    this.#rows.wroteBy(format)
  }

  #event(header: EventHeader, cursor: EventCursor, into: LogEvent[]): Rest | undefined {
    const kind = ROWS_KINDS[header.type]
    if (kind !== undefined) {
      this.#rows.rows(kind, cursor, this.#file, into)
      return
    }
    switch (header.type) {
      case EVENT.TABLE_MAP:
        return rest(this.#rows.tableMap(cursor, this.#format.isMariadb))
      case EVENT.QUERY:
        if (isBegin(cursor)) {
          this.#transactions.begin(header.timestamp * 1000, header, into)
          return
        }
        this.#statements.query(readQuery(cursor), header, this.reached, into)
        return
      case EVENT.MARIADB_QUERY_COMPRESSED:
        this.#statements.query(readQuery(cursor, inflated), header, this.reached, into)
        return
      case EVENT.EXECUTE_LOAD_QUERY:
        this.#statements.query(readLoadQuery(cursor), header, this.reached, into)
        return
      case EVENT.XID:
        this.#transactions.commit(header.timestamp * 1000, this.reached, header, into)
        return
      case EVENT.TRANSACTION_PAYLOAD:
        return this.#payload(header, cursor, into)
      default:
        this.#frame(header, cursor, into)
        return
    }
  }

  /** Handles the events that begin and end transactions and files. */
  #frame(header: EventHeader, cursor: EventCursor, into: LogEvent[]): void {
    switch (header.type) {
      case EVENT.GTID:
      case EVENT.ANONYMOUS_GTID:
        this.#announce(readGtid(cursor, header.type === EVENT.ANONYMOUS_GTID, this.#uuids), header)
        break
      case EVENT.GTID_TAGGED:
        this.#announce(readTaggedGtid(cursor), header)
        break
      case EVENT.MARIADB_GTID:
        this.#mariadbGtid(header, cursor, into)
        break
      case EVENT.XA_PREPARE:
        this.#statements.xaPrepare(cursor, header, this.reached, into)
        break
      case EVENT.ROTATE:
        this.#goTo(readRotate(cursor), header, into)
        break
      case EVENT.HEARTBEAT:
        this.#goTo(readHeartbeat(cursor, header.nextPosition), header, into)
        break
      case EVENT.HEARTBEAT_V2:
        this.#goTo(readHeartbeatV2(cursor), header, into)
        break
      case EVENT.PREVIOUS_GTIDS:
        this.#gtidsBeforeFile = readPreviousGtids(cursor)
        break
      case EVENT.MARIADB_GTID_LIST:
        // Where the offset is, the server sends a list of its own, without the domains that have nothing more.
        if ((header.flags & FLAG_ARTIFICIAL) === 0) this.#gtidsBeforeFile = readMariadbGtidList(cursor)
        break
      default:
        this.#other(header)
    }
  }

  #other(header: EventHeader): void {
    const { type, flags } = header
    switch (type) {
      case EVENT.INCIDENT:
        throw atEvent('MYSQL_INCIDENT', header, 'the server recorded that changes are missing from its log')
      default:
        if (PASSED.has(type) || (flags & FLAG_IGNORABLE) !== 0) return
        throw unsupportedEvent(header, 'this version of Offbeat does not know the type')
    }
  }

  #announce({ gtid, committedAtUs }: GtidEvent, header: EventHeader): void {
    const committedAtMs = committedAtUs === null ? null : Math.floor(committedAtUs / MICROSECONDS_PER_MS)
    const committedAtRestUs = committedAtUs === null ? 0 : committedAtUs % MICROSECONDS_PER_MS
    this.#transactions.announce({ gtid, committedAtMs, committedAtRestUs }, header)
  }

  /** This event is also the BEGIN, unless the transaction is a single statement. */
  #mariadbGtid(header: EventHeader, cursor: EventCursor, into: LogEvent[]): void {
    const { gtid, begins, xid } = readMariadbGtid(cursor, header.serverId)
    const committedAtMs = header.timestamp * 1000
    this.#transactions.announce({ gtid, committedAtMs, committedAtRestUs: 0 }, header)
    if (begins === 'transaction') this.#transactions.begin(committedAtMs, header, into)
    else if (begins === 'xa') this.#transactions.beginXa(xid, header)
  }

  #goTo({ file, position }: NextPosition, header: EventHeader, into: LogEvent[]): void {
    const isOtherFile = file !== this.#file
    if (isOtherFile && this.#file !== null) this.#leaveFile(header)
    if (!isOtherFile && position < this.#position) return
    this.#file = file
    this.#position = position
    this.#transactions.progress(this.reached, into)
  }

  /**
   * A file that was cut off when the server was killed has no rotate event, so the server sends one of its own. MariaDB leaves a transaction
   * in such a file as it is, without its end. MySQL removes it.
   */
  #leaveFile(header: EventHeader): void {
    if ((header.flags & FLAG_ARTIFICIAL) === 0) this.#transactions.requireEnd(header)
    else this.#isCut = this.#transactions.inTransaction
  }

  #payload(header: EventHeader, cursor: EventCursor, into: LogEvent[]): Rest | undefined {
    const payload = readPayload(cursor)
    if (payload.unpackedBytes > AT_ONCE_BYTES) return this.#inner(header, unpackInPieces(payload, cursor), into)
    const whole = unpackAtOnce(payload, cursor)
    const framer = new MessageFramer(EVENT_FRAMING)
    framer.push(whole)
    while (framer.advance()) {
      const more = this.#innerEvent(header, framer, into)
      if (more !== undefined) return this.#afterCatalog(more, header, framer, into)
    }
    if (framer.pending > 0) throw cursor.invalid('the last event in the payload does not end')
    return
  }

  async *#afterCatalog(first: Rest, outer: EventHeader, framer: MessageFramer, into: LogEvent[]): Rest {
    yield* first
    while (framer.advance()) {
      const more = this.#innerEvent(outer, framer, into)
      if (more !== undefined) yield* more
    }
    if (framer.pending > 0) throw invalidEvent(outer, 'the last event in the payload does not end')
  }

  async *#inner(outer: EventHeader, chunks: AsyncIterable<Buffer>, into: LogEvent[]): Rest {
    const framer = new MessageFramer(EVENT_FRAMING)
    for await (const chunk of chunks) {
      framer.push(chunk)
      while (framer.advance()) {
        const more = this.#innerEvent(outer, framer, into)
        if (more !== undefined) yield* more
      }
      yield
    }
    if (framer.pending > 0) throw invalidEvent(outer, 'the last event in the payload does not end')
  }

  /** The event has the position of its payload. */
  #innerEvent(outer: EventHeader, { bytes, start, end }: MessageFramer, into: LogEvent[]): Rest | undefined {
    const header = readHeader(bytes, start, outer.file, outer.offset)
    if (header.type === EVENT.TRANSACTION_PAYLOAD || header.type === EVENT.FORMAT_DESCRIPTION) {
      throw invalidEvent(header, 'an event that no payload has')
    }
    return this.#event(header, new EventCursor(header, bytes, start + HEADER_BYTES, end), into)
  }
}

function rest(promise: Promise<void> | undefined): Rest | undefined {
  return promise === undefined ? undefined : awaited(promise)
}

async function* awaited(promise: Promise<void>): Rest {
  await promise
  yield
}
