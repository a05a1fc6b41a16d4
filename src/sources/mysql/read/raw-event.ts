import type { JsonObject } from '../../../model/json.ts'
import type { RawChange, RawEnd, RawTap } from '../../raw-log.ts'
import { CHECKSUM_BYTES } from '../decode/framing/checksum.ts'
import { EventCursor } from '../decode/framing/event-cursor.ts'
import { type EventHeader, HEADER_BYTES, readHeader } from '../decode/framing/event-header.ts'
import { EVENT } from '../decode/framing/event-type.ts'
import { RecentEntries } from '../decode/recent-entries.ts'
import { MOST_TABLES } from '../decode/rows/row-decoder.ts'
import { extentOf, type ImageEnd, presentColumns, readImage } from '../decode/rows/row-image.ts'
import { ROWS_KINDS, type RowsKind, readRows, readRowsTableId } from '../decode/rows/rows-event.ts'
import {
  readTableId,
  readTableMap,
  readTableName,
  TABLE_MAP_START_BYTES,
  type TableMap,
} from '../decode/rows/table-map.ts'
import type { StreamPosition } from '../decode/stream-position.ts'
import { type SpanStep, TransactionSpan } from '../decode/transaction-span.ts'

interface RawTable {
  readonly name: string
  /** null: its columns cannot be read. */
  readonly map: TableMap | null
}

interface RawEventBytes {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}

/** How far the stream was read before the event, and whether its events have checksums. */
interface Before {
  readonly reached: StreamPosition
  readonly checksums: boolean
}

/** Passes on each event as it came, with the transaction and the table that it belongs to. */
export class RawEvents {
  readonly #tap: RawTap
  readonly #span = new TransactionSpan()
  readonly #tables = new RecentEntries<number, RawTable>(MOST_TABLES)
  readonly #imageEnd: ImageEnd = { at: 0 }
  #begins = true

  constructor(tap: RawTap) {
    this.#tap = tap
  }

  /** Call it for each event, before `pass`. Learns of tables and of where transactions begin and end. */
  take({ bytes, start, end }: RawEventBytes, { reached, checksums }: Before): SpanStep {
    if (end - start < HEADER_BYTES) return 'within'
    const header = readHeader(bytes, start, reached.file, reached.position)
    const step = this.#span.step(header, bytes, start, end, checksums)
    if (step === 'begins' || step === 'outside') this.#begins = true
    if (header.type === EVENT.TABLE_MAP) this.#learn(cursorOf(header, bytes, start, end, checksums))
    return step
  }

  /** `end`: present for the last event of a transaction. */
  pass(event: RawEventBytes, { checksums }: Before, transaction: string | null, end: RawEnd | null): void {
    const { bytes, start } = event
    this.#tap({
      bytes: bytes.subarray(start, event.end),
      transaction,
      begins: transaction !== null && this.#begins,
      change: this.#change(event, checksums),
      end,
    })
    if (transaction !== null) this.#begins = end !== null
  }

  /** Reports that the transaction ends, and that its last event is not known. */
  close(transaction: string, position: string, memory: JsonObject): void {
    this.#tap({ bytes: Buffer.alloc(0), transaction, begins: false, change: null, end: { position, memory } })
  }

  /** The table map itself can be what cannot be decoded. */
  #learn(cursor: EventCursor): void {
    try {
      const id = readTableId(cursor)
      cursor.skip(TABLE_MAP_START_BYTES - 6)
      const at = cursor.at
      const { database, name } = readTableName(cursor)
      cursor.at = at
      this.#tables.set(id, { name: `${database}.${name}`, map: mapOf(cursor) })
    } catch {
      // The decoder reports this error.
    }
  }

  #change({ bytes, start, end }: RawEventBytes, checksums: boolean): RawChange | null {
    if (end - start < HEADER_BYTES + 6) return null
    const header = readHeader(bytes, start, null, 0)
    const kind = ROWS_KINDS[header.type]
    if (kind === undefined) return null
    const cursor = cursorOf(header, bytes, start, end, checksums)
    const id = readRowsTableId(cursor)
    const table = this.#tables.get(id)
    return { table: table?.name ?? `table id ${id}`, op: kind.op, rows: this.#count(cursor, kind, table?.map ?? null) }
  }

  /** The number of rows in the event, or 1 if they cannot be read. */
  #count(cursor: EventCursor, kind: RowsKind, map: TableMap | null): number {
    if (map === null || kind.isPartial) return 1
    try {
      const rows = readRows(cursor, kind)
      const extents = map.columns.map(extentOf)
      const blank = new Array<number>(2 * extents.length).fill(0)
      const images = [rows.presentAt, ...(kind.op === 'u' ? [rows.presentAfterAt] : [])].map((at) =>
        presentColumns(rows.bitmaps, at, extents, rows.columns, cursor.position),
      )
      let count = 0
      for (let at = rows.start; at < rows.end; count++) {
        for (const image of images) {
          readImage(rows.bytes, at, rows.end, image, blank, cursor.position, this.#imageEnd)
          at = this.#imageEnd.at
        }
      }
      return Math.max(count, 1)
    } catch {
      return 1
    }
  }
}

function cursorOf(header: EventHeader, bytes: Buffer, start: number, end: number, checksums: boolean): EventCursor {
  return new EventCursor(header, bytes, start + HEADER_BYTES, end - (checksums ? CHECKSUM_BYTES : 0))
}

function mapOf(cursor: EventCursor): TableMap | null {
  try {
    return readTableMap(cursor, false)
  } catch {
    return null
  }
}
