import type { LogEvent } from '../../../../model/log-event.ts'
import { nonceOf } from '../../../../model/nonce.ts'
import { takeUnchanged, takeUnchangedOf, textAt } from '../../../../model/row-span.ts'
import { hasCompleteNodup, parseVersion } from '../../connect/server-version.ts'
import type { KnownTable, TableBook } from '../../tables/table-book.ts'
import type { EventCursor } from '../framing/event-cursor.ts'
import type { EventPosition } from '../framing/event-position.ts'
import type { FormatDescription } from '../framing/format-description.ts'
import { RecentEntries } from '../recent-entries.ts'
import type { TransactionLog } from '../transaction-log.ts'
import { readPartialRow } from './partial-row.ts'
import { type ImageEnd, type PresentColumns, presentColumns, readImage } from './row-image.ts'
import { type Rows, type RowsKind, readRows, readRowsTableId } from './rows-event.ts'
import { readTableId, readTableMap, readTableName, TABLE_MAP_START_BYTES } from './table-map.ts'

/** Far more than one statement can describe: each describes its tables before its rows. */
export const MOST_TABLES = 4096
/** The table id in an event that only ends a statement. */
const NO_TABLE = 0xff_ffff

interface MappedTable {
  /** The bytes of the table map event after the table id and the flags. */
  readonly map: Buffer
  /** null: the table's rows are skipped. */
  readonly table: KnownTable | null
}

/** A table in a transaction that was delivered before. Its next map is read as if it were the first one. */
const SKIPPED: MappedTable = { map: Buffer.alloc(0), table: null }

/** Decodes table maps and rows. Use one per stream: rows refer to tables by the ids from earlier table maps. */
export class RowDecoder {
  readonly #source: string
  readonly #book: TableBook
  readonly #transactions: TransactionLog
  /** A server with many tables has many ids, and some of them are used for one statement only. */
  readonly #mapped = new RecentEntries<number, MappedTable>(MOST_TABLES)
  readonly #imageEnd: ImageEnd = { at: 0 }
  /** An update whose old row is complete can omit changed columns from the new row. */
  #omitsChanged = false

  constructor(source: string, book: TableBook, transactions: TransactionLog) {
    this.#source = source
    this.#book = book
    this.#transactions = transactions
  }

  /** Forgets all table ids. The server assigns them from the beginning after a restart, and new ones after a table was changed. */
  forgetNumbers(): void {
    this.#mapped.clear()
  }

  /** The server that writes the following rows. */
  wroteBy(format: Pick<FormatDescription, 'serverVersion' | 'isMariadb'>): void {
    this.#omitsChanged = format.isMariadb && !hasCompleteNodup(parseVersion(format.serverVersion))
  }

  /** Returns a promise if the catalogue must be queried. Await it before the next event. */
  tableMap(cursor: EventCursor, isMariadb: boolean): Promise<void> | undefined {
    const { bytes, at: start, end, position } = cursor
    const id = readTableId(cursor)
    cursor.skip(TABLE_MAP_START_BYTES - (cursor.at - start))
    const mapAt = cursor.at
    const { isReplayed, isHeld } = this.#transactions
    if (isReplayed && !isHeld) {
      this.#mapped.set(id, SKIPPED)
      return
    }
    const known = this.#mapped.get(id)
    if (known !== undefined && isAt(known.map, bytes, mapAt, end)) return
    const map = Buffer.from(bytes.subarray(mapAt, end))
    const { database, name } = readTableName(cursor)
    if (this.#book.isUnwanted(database, name)) {
      this.#mapped.set(id, { map, table: null })
      return
    }
    cursor.at = mapAt
    const table = this.#book.know(readTableMap(cursor, isMariadb), isMariadb, position, isReplayed)
    if (!(table instanceof Promise)) {
      this.#mapped.set(id, { map, table })
      return
    }
    return table.then((answer) => void this.#mapped.set(id, { map, table: answer }))
  }

  rows(kind: RowsKind, cursor: EventCursor, file: string | null, into: LogEvent[]): void {
    const { position } = cursor
    this.#transactions.requireOpen(position)
    const id = readRowsTableId(cursor)
    const mapped = this.#mapped.get(id)
    if (mapped === undefined) {
      if (id === NO_TABLE) return
      throw cursor.invalid('a table that was not described before')
    }
    if (mapped.table === null) return
    if (kind.isPartial) this.#readPartialRows(readRows(cursor, kind), mapped.table, position, file, into)
    else this.#readRows(readRows(cursor, kind), mapped.table, position, file, into)
  }

  #readPartialRows(
    rows: Rows,
    table: KnownTable,
    position: EventPosition,
    file: string | null,
    into: LogEvent[],
  ): void {
    const { bitmaps, presentAt, presentAfterAt, columns, bytes, end } = rows
    const { extents, blank, jsonColumns, version } = table
    const before = presentColumns(bitmaps, presentAt, extents, columns, position)
    const after = presentColumns(bitmaps, presentAfterAt, extents, columns, position)
    const present = { before, after, blank, jsonColumns }
    let at = rows.start
    for (let row = 0; at < end; row++) {
      const partial = readPartialRow(bytes, at, end, present, position)
      at = partial.end
      if (after.isPartial) takeUnchanged(partial.after, partial.before)
      if (table.isHeartbeat) this.#pulse(partial.bytes, partial.after, table, into)
      if (version === null) continue
      const change = {
        type: 'change',
        table: version,
        op: 'u',
        before: { bytes: partial.bytes, spans: partial.before },
        after: { bytes: partial.bytes, spans: partial.after },
        position: [this.#transactions.gtid, file, position.offset, row],
      } as const
      this.#transactions.push(change, position, into)
    }
  }

  #readRows(rows: Rows, table: KnownTable, position: EventPosition, file: string | null, into: LogEvent[]): void {
    const { op, bytes, end } = rows
    const before = presentColumns(rows.bitmaps, rows.presentAt, table.extents, rows.columns, position)
    const after =
      op === 'u' ? presentColumns(rows.bitmaps, rows.presentAfterAt, table.extents, rows.columns, position) : before
    const gtid = this.#transactions.gtid
    let at = rows.start
    for (let row = 0; at < end; row++) {
      let old: number[] | null = null
      let spans: number[] | null = null
      if (op !== 'c') {
        old = readImage(bytes, at, end, before, table.blank, position, this.#imageEnd)
        at = this.#imageEnd.at
      }
      if (op !== 'd') {
        spans = readImage(bytes, at, end, after, table.blank, position, this.#imageEnd)
        at = this.#imageEnd.at
        if (old !== null && after.isPartial) this.#complete(spans, old, before, table)
      }
      if (table.isHeartbeat && spans !== null) this.#pulse(bytes, spans, table, into)
      if (table.version === null) continue
      const change = {
        type: 'change',
        table: table.version,
        op,
        before: old === null ? null : { bytes, spans: old },
        after: spans === null ? null : { bytes, spans },
        position: [gtid, file, position.offset, row],
      } as const
      this.#transactions.push(change, position, into)
    }
  }

  #complete(spans: number[], old: readonly number[], before: PresentColumns, { keyColumns }: KnownTable): void {
    if (before.isPartial || !this.#omitsChanged) takeUnchanged(spans, old)
    else takeUnchangedOf(keyColumns, spans, old)
  }

  /** A heartbeat in an XA transaction is left out: by the time it is decided, the beat already counts as lost. */
  #pulse(bytes: Buffer, spans: readonly number[], table: KnownTable, into: LogEvent[]): void {
    if (this.#transactions.isHeld) return
    const nonce = nonceOf(textAt(bytes, spans, table.nonceColumn), this.#source)
    into.push({ type: 'pulse', nonce, committedAtMs: this.#transactions.committedAtMs })
  }
}

/** A loop is faster here than a call into the runtime, because a table map is short. */
function isAt(map: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (map.length !== end - start) return false
  for (let i = 0; i < map.length; i++) if (map[i] !== bytes[start + i]) return false
  return true
}
