import { TYPE, type WireType } from '../decode/rows/column-type.ts'
import type { CatalogColumn } from './table-catalog.ts'

const BINARY_STRINGS = ['binary', 'char', 'uuid', 'inet4', 'inet6']
const BLOBS = ['tiny', '', 'medium', 'long'].flatMap((size) => [`${size}blob`, `${size}text`])

/** For each column type in the log, the DATA_TYPE values that the server's catalogue can report for it. */
const NAMES: ReadonlyMap<number, readonly string[]> = new Map([
  [TYPE.TINY, ['tinyint']],
  [TYPE.SHORT, ['smallint']],
  [TYPE.INT24, ['mediumint']],
  [TYPE.LONG, ['int']],
  [TYPE.LONGLONG, ['bigint']],
  [TYPE.FLOAT, ['float']],
  [TYPE.DOUBLE, ['double']],
  [TYPE.NEWDECIMAL, ['decimal']],
  [TYPE.BIT, ['bit']],
  [TYPE.YEAR, ['year']],
  [TYPE.DATE, ['date']],
  [TYPE.NEWDATE, ['date']],
  [TYPE.TIME, ['time']],
  [TYPE.TIME2, ['time']],
  [TYPE.DATETIME, ['datetime']],
  [TYPE.DATETIME2, ['datetime']],
  [TYPE.TIMESTAMP, ['timestamp']],
  [TYPE.TIMESTAMP2, ['timestamp']],
  [TYPE.STRING, BINARY_STRINGS],
  [TYPE.VARCHAR, ['varchar', 'varbinary', 'vector']],
  [TYPE.VAR_STRING, ['varchar', 'varbinary']],
  [TYPE.MARIADB_VARCHAR_COMPRESSED, ['varchar', 'varbinary']],
  [TYPE.BLOB, [...BLOBS, 'vector']],
  [TYPE.MARIADB_BLOB_COMPRESSED, BLOBS],
  [TYPE.ENUM, ['enum']],
  [TYPE.SET, ['set']],
  [TYPE.JSON, ['json']],
  [TYPE.VECTOR, ['vector']],
])

/** Why the catalogue's columns cannot be the columns of the table map, in words. null: they can. */
export function misfit(columns: readonly WireType[], catalog: readonly CatalogColumn[]): string | null {
  if (columns.length !== catalog.length) return `${catalog.length} columns instead of ${columns.length}`
  for (const [i, { type }] of columns.entries()) {
    const { name, dataType } = catalog[i] ?? { name: '', dataType: '' }
    if (NAMES.get(type)?.includes(dataType) === false) return `the column ${name} has the type ${dataType}`
  }
  return null
}
