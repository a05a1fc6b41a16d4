import { MessageFramer } from '../../../stream/message-framer.ts'
import { AT_ONCE_BYTES, readPayload, unpackAtOnce, unpackInPieces } from '../events/payload-event.ts'
import { type QueryEvent, readQuery } from '../events/query-event.ts'
import { CHECKSUM_BYTES, checkChecksum } from '../framing/checksum.ts'
import { EventCursor } from '../framing/event-cursor.ts'
import { EVENT_FRAMING } from '../framing/event-framing.ts'
import { type EventHeader, FLAG_ARTIFICIAL, HEADER_BYTES, readHeader } from '../framing/event-header.ts'
import { invalidEvent } from '../framing/event-position.ts'
import { EVENT } from '../framing/event-type.ts'
import { readFormatDescription } from '../framing/format-description.ts'
import { readRotate } from '../framing/next-position.ts'
import { inflated } from '../rows/rows-event.ts'
import { classify } from './statement.ts'
import { type TableStatement, tableStatement } from './table-statement.ts'

export interface ScanStart {
  readonly file: string
  readonly position: number
  /** Whether events before the first format description end with a checksum. */
  readonly checksums: boolean
  readonly isUtf8: (collation: number) => boolean
}

/** Finds the statements that change tables in a stretch of the log. Rows and transactions are ignored, so it can begin anywhere. */
export class TableStatementScanner {
  readonly #isUtf8: (collation: number) => boolean
  #file: string
  #position: number
  #checksums: boolean

  constructor({ file, position, checksums, isUtf8 }: ScanStart) {
    this.#file = file
    this.#position = position
    this.#checksums = checksums
    this.#isUtf8 = isUtf8
  }

  get file(): string {
    return this.#file
  }

  /** The position after the last event in the file. */
  get position(): number {
    return this.#position
  }

  /** Returns a promise if a compressed transaction must be unpacked. */
  take(bytes: Buffer, start: number, end: number, into: TableStatement[]): Promise<void> | undefined {
    if (end - start < HEADER_BYTES) {
      throw invalidEvent({ file: this.#file, offset: this.#position, type: 0 }, 'it ends too early')
    }
    const header = readHeader(bytes, start, this.#file, this.#position)
    if (header.type === EVENT.FORMAT_DESCRIPTION) {
      this.#checksums = readFormatDescription(new EventCursor(header, bytes, start + HEADER_BYTES, end)).checksums
      this.#advance(header)
      return
    }
    if (header.type === EVENT.ROTATE) {
      const { file, position } = readRotate(this.#cursor(header, bytes, start, end))
      this.#file = file
      this.#position = position
      return
    }
    const isWanted = QUERIES.has(header.type)
    const work = isWanted ? this.#event(header, this.#cursor(header, bytes, start, end), into) : undefined
    this.#advance(header)
    return work
  }

  /** MariaDB 11.8 writes no position into the events within a transaction. The one of the commit is enough. */
  #advance({ nextPosition, flags }: EventHeader): void {
    if (nextPosition > this.#position && (flags & FLAG_ARTIFICIAL) === 0) this.#position = nextPosition
  }

  #cursor(header: EventHeader, bytes: Buffer, start: number, end: number): EventCursor {
    if (this.#checksums) checkChecksum(header, bytes, start, end)
    return new EventCursor(header, bytes, start + HEADER_BYTES, end - (this.#checksums ? CHECKSUM_BYTES : 0))
  }

  #event(header: EventHeader, cursor: EventCursor, into: TableStatement[]): Promise<void> | undefined {
    switch (header.type) {
      case EVENT.QUERY:
        this.#query(readQuery(cursor), header, into)
        return
      case EVENT.MARIADB_QUERY_COMPRESSED:
        this.#query(readQuery(cursor, inflated), header, into)
        return
      default:
        return this.#payload(header, cursor, into)
    }
  }

  #query(query: QueryEvent, header: EventHeader, into: TableStatement[]): void {
    if (classify(query.statement).kind === 'definesTables') into.push(tableStatement(query, header, this.#isUtf8))
  }

  #payload(header: EventHeader, cursor: EventCursor, into: TableStatement[]): Promise<void> | undefined {
    const payload = readPayload(cursor)
    const framer = new MessageFramer(EVENT_FRAMING)
    if (payload.unpackedBytes > AT_ONCE_BYTES)
      return this.#inPieces(unpackInPieces(payload, cursor), framer, header, into)
    // A stream for each small transaction costs more than the decompression.
    this.#inner(unpackAtOnce(payload, cursor), framer, header, into)
    return
  }

  async #inPieces(
    chunks: AsyncIterable<Buffer>,
    framer: MessageFramer,
    header: EventHeader,
    into: TableStatement[],
  ): Promise<void> {
    for await (const chunk of chunks) this.#inner(chunk, framer, header, into)
  }

  #inner(chunk: Buffer, framer: MessageFramer, header: EventHeader, into: TableStatement[]): void {
    framer.push(chunk)
    while (framer.advance()) {
      const { bytes, start, end } = framer
      const inner = readHeader(bytes, start, header.file, header.offset)
      if (inner.type !== EVENT.QUERY) continue
      this.#query(readQuery(new EventCursor(inner, bytes, start + HEADER_BYTES, end)), header, into)
    }
  }
}

const QUERIES: ReadonlySet<number> = new Set([EVENT.QUERY, EVENT.MARIADB_QUERY_COMPRESSED, EVENT.TRANSACTION_PAYLOAD])
