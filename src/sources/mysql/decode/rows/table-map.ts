import type { EventCursor } from '../framing/event-cursor.ts'
import { metaBytes, TYPE, type WireType, wireType } from './column-type.ts'
import { readTableMetadata, type TableMetadata } from './table-metadata.ts'

/**
 * Assigns a table id for the following rows, and describes how the table's values are encoded. It precedes the rows of each statement.
 *
 *   tableMap   id:u48 flags:u16 databaseLength:u8 database 0 nameLength:u8 name 0 count:lenenc type:u8*count metaLength:lenenc meta
 *              nullable: bit*count, in whole bytes  [metadata]
 *   meta       for each column the further bytes of its type, see column-type.ts
 */
export interface TableMap {
  readonly database: string
  readonly name: string
  readonly columns: readonly WireType[]
  readonly metadata: TableMetadata
}

const ID_BYTES = 6
/** The maximum precision of a DECIMAL, in both products. */
const MOST_DIGITS = 65
/** The table id and the flags. They differ between maps of the same table. */
export const TABLE_MAP_START_BYTES = ID_BYTES + 2

export function readTableId(cursor: EventCursor): number {
  return cursor.unsigned(ID_BYTES)
}

/** `cursor`: after the flags. */
export function readTableMap(cursor: EventCursor, isMariadb: boolean): TableMap {
  const database = readName(cursor)
  const name = readName(cursor)
  const count = cursor.lenenc()
  const types = cursor.part(count)
  const meta = cursor.part(cursor.lenenc())
  const columns: WireType[] = []
  for (let i = 0; i < count; i++) columns.push(readType(types.u8(), meta))
  meta.finish()
  cursor.skip(Math.ceil(count / 8))
  return { database, name, columns, metadata: readTableMetadata(cursor, columns, isMariadb) }
}

/** Reads only the names of the database and the table. Unwatched tables need nothing else. */
export function readTableName(cursor: EventCursor): { readonly database: string; readonly name: string } {
  return { database: readName(cursor), name: readName(cursor) }
}

function readName(cursor: EventCursor): string {
  const name = cursor.text(cursor.u8())
  if (cursor.u8() !== 0) throw cursor.invalid('a name does not end')
  return name
}

function readType(type: number, meta: EventCursor): WireType {
  const bytes = metaBytes(type)
  if (bytes === undefined) throw meta.invalid(`a column of the unknown type ${type}`)
  const first = bytes > 0 ? meta.u8() : 0
  // The precision and scale of NEWDECIMAL come in this order, too.
  const column = wireType(type, first, bytes > 1 ? meta.u8() : 0)
  const isPossible = column.type !== TYPE.NEWDECIMAL || (column.size <= MOST_DIGITS && column.detail <= column.size)
  if (!isPossible) throw meta.invalid(`a DECIMAL of ${column.size} digits with ${column.detail} decimals`)
  return column
}
