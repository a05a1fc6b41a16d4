import { metaBytes, TYPE, type WireType, wireType } from './column-type.ts'
import type { EventCursor } from './event-cursor.ts'
import { readTableMetadata, type TableMetadata } from './table-metadata.ts'

/**
 * Which table a number in the rows that follow means, and how its values are written. Before the rows of each statement.
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
/** Of a DECIMAL, in both products. */
const MOST_DIGITS = 65
/** The number and the flags: they differ between maps of the same table. */
export const TABLE_MAP_START_BYTES = ID_BYTES + 2

export function readTableId(cursor: EventCursor): number {
  return cursor.unsigned(ID_BYTES)
}

/** `cursor`: behind the flags. */
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

/** The database and the table alone: all that is needed of a table that is not watched. */
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
  // The precision and the scale of NEWDECIMAL, too, come in this order.
  const column = wireType(type, first, bytes > 1 ? meta.u8() : 0)
  const isPossible = column.type !== TYPE.NEWDECIMAL || (column.size <= MOST_DIGITS && column.detail <= column.size)
  if (!isPossible) throw meta.invalid(`a DECIMAL of ${column.size} digits with ${column.detail} decimals`)
  return column
}
