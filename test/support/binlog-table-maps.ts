import { readFileSync } from 'node:fs'
import { CHECKSUM_BYTES } from '../../src/sources/mysql/decode/framing/checksum.ts'
import { EventCursor } from '../../src/sources/mysql/decode/framing/event-cursor.ts'
import {
  type EventHeader,
  HEADER_BYTES,
  readHeader,
  SIZE_AT,
} from '../../src/sources/mysql/decode/framing/event-header.ts'
import { EVENT } from '../../src/sources/mysql/decode/framing/event-type.ts'
import { readFormatDescription } from '../../src/sources/mysql/decode/framing/format-description.ts'
import { TYPE } from '../../src/sources/mysql/decode/rows/column-type.ts'
import { readTableMap, TABLE_MAP_START_BYTES } from '../../src/sources/mysql/decode/rows/table-map.ts'
import type { CatalogColumn, TableCatalog } from '../../src/sources/mysql/tables/table-catalog.ts'

const NAMES: ReadonlyMap<number, string> = new Map([
  [TYPE.TINY, 'tinyint'],
  [TYPE.SHORT, 'smallint'],
  [TYPE.INT24, 'mediumint'],
  [TYPE.LONG, 'int'],
  [TYPE.LONGLONG, 'bigint'],
  [TYPE.FLOAT, 'float'],
  [TYPE.DOUBLE, 'double'],
  [TYPE.NEWDECIMAL, 'decimal'],
  [TYPE.BIT, 'bit'],
  [TYPE.YEAR, 'year'],
  [TYPE.DATE, 'date'],
  [TYPE.NEWDATE, 'date'],
  [TYPE.TIME, 'time'],
  [TYPE.TIME2, 'time'],
  [TYPE.DATETIME, 'datetime'],
  [TYPE.DATETIME2, 'datetime'],
  [TYPE.TIMESTAMP, 'timestamp'],
  [TYPE.TIMESTAMP2, 'timestamp'],
  [TYPE.STRING, 'binary'],
  [TYPE.VARCHAR, 'varbinary'],
  [TYPE.VAR_STRING, 'varbinary'],
  [TYPE.BLOB, 'blob'],
  [TYPE.ENUM, 'enum'],
  [TYPE.SET, 'set'],
  [TYPE.JSON, 'json'],
])

interface FileCatalog extends TableCatalog {
  has(database: string, table: string): boolean
}

/**
 * A catalogue for the tables of a log file whose server is gone: columns without real names, texts as bytes, and members named by their
 * numbers. It is made from the table maps themselves, so it fits each table as it was first.
 */
export function catalogOf(path: string): FileCatalog {
  const bytes = readFileSync(path)
  const tables = new Map<string, readonly CatalogColumn[]>()
  let checksumBytes = 0
  for (let at = 4; at + HEADER_BYTES <= bytes.length; ) {
    const size = bytes.readUInt32LE(at + SIZE_AT)
    const header = readHeader(bytes, at, path, at)
    if (size < HEADER_BYTES || at + size > bytes.length) break
    if (header.type === EVENT.FORMAT_DESCRIPTION) checksumBytes = checksumBytesIn(header, bytes, at, at + size)
    if (header.type === EVENT.TABLE_MAP) {
      const cursor = new EventCursor(
        header,
        bytes,
        at + HEADER_BYTES + TABLE_MAP_START_BYTES,
        at + size - checksumBytes,
      )
      const map = mapIn(cursor)
      if (map !== null) tables.set(`${map.database}.${map.name}`, columnsOf(map.columns))
    }
    at += size
  }
  return {
    columns: (database, table) => Promise.resolve(tables.get(`${database}.${table}`) ?? null),
    has: (database, table) => tables.has(`${database}.${table}`),
  }
}

function checksumBytesIn(header: EventHeader, bytes: Buffer, start: number, end: number): number {
  try {
    const { checksums } = readFormatDescription(new EventCursor(header, bytes, start + HEADER_BYTES, end))
    return checksums ? CHECKSUM_BYTES : 0
  } catch {
    return 0
  }
}

function mapIn(cursor: EventCursor) {
  try {
    return readTableMap(cursor, false)
  } catch {
    return null
  }
}

function columnsOf(columns: readonly { readonly type: number }[]): CatalogColumn[] {
  const members = Array.from({ length: 64 }, (_, i) => String(i + 1))
  return columns.map(({ type }, i) => ({
    name: `@${i + 1}`,
    dataType: NAMES.get(type) ?? 'geometry',
    unsigned: false,
    charset: null,
    key: false,
    members: type === TYPE.ENUM || type === TYPE.SET ? members : [],
  }))
}
