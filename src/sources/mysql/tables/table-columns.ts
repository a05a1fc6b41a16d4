import { OffbeatError } from '../../../model/error.ts'
import { inDatabase } from '../../../model/fix.ts'
import type { Column } from '../../../model/table.ts'
import { TYPE, type WireType } from '../decode/column-type.ts'
import { atEvent, type EventPosition, invalidEvent } from '../decode/event-position.ts'
import type { TableMap } from '../decode/table-map.ts'
import type { TableMetadata } from '../decode/table-metadata.ts'
import { BINARY, type Charsets } from '../values/charset.ts'
import type { ColumnFacts, ValueForms } from '../values/column-form.ts'
import { MARIADB_BYTES } from '../values/mariadb-address-value.ts'
import { misfit } from './catalog-fit.ts'
import { type CatalogColumn, membersOf } from './table-catalog.ts'

/**
 * Whether the catalogue must be queried because the log does not describe the table completely: it has no column names, or has MariaDB
 * columns that could be UUIDs or network addresses.
 */
export function needsCatalog({ metadata, columns }: TableMap, isMariadb: boolean): boolean {
  if (metadata.names === null) return true
  return isMariadb && columns.some(({ type, size }) => type === TYPE.STRING && MARIADB_BYTES.includes(size))
}

/** `catalog`: null if it was not queried or does not have the table. Throws MYSQL_COLUMNS_UNKNOWN or MYSQL_CHARSET_UNSUPPORTED. */
export function tableColumns(
  map: TableMap,
  catalog: readonly CatalogColumn[] | null,
  forms: ValueForms,
  position: EventPosition,
): Column[] {
  const { names } = map.metadata
  const wrong = catalog === null ? 'it has no such table' : misfit(map.columns, catalog)
  if (names === null && wrong !== null) throw unknownColumns(map, wrong, position)
  return map.columns.map((wire, i) => {
    const listed = names === null ? catalog?.[i] : catalog?.find(({ name }) => name === names[i])
    const inCatalog = listed !== undefined && misfit([wire], [listed]) === null ? listed : null
    const facts = columnFacts(map.metadata, i, wire, inCatalog, forms.charsets, position)
    const form = forms.of(wire, facts)
    if (form === null) throw invalidEvent(position, `a column of the type ${wire.type}, which rows do not have`)
    const key = names === null ? inCatalog?.key === true : map.metadata.key?.includes(i) === true
    return { ...form, name: names?.[i] ?? inCatalog?.name ?? '', key }
  })
}

/** The known character sets of the table's columns. */
export function charsetsOf(
  { metadata, columns }: TableMap,
  catalog: readonly CatalogColumn[] | null,
  charsets: Charsets,
): Set<string> {
  const logged = columns.map((_, i) => metadata.collations?.[i] ?? metadata.memberCollations?.[i] ?? null)
  const names = logged.map((collation) => (collation === null ? undefined : charsets.nameOf(collation)))
  const listed = (catalog ?? []).map(({ charset }) => charset ?? undefined)
  return new Set([...names, ...listed].filter((name) => name !== undefined))
}

function columnFacts(
  metadata: TableMetadata,
  i: number,
  wire: WireType,
  catalog: CatalogColumn | null,
  charsets: Charsets,
  position: EventPosition,
): ColumnFacts {
  const collation = metadata.collations?.[i] ?? metadata.memberCollations?.[i]
  const charset =
    collation === undefined || collation === null ? (catalog?.charset ?? null) : charsets.nameOf(collation)
  if (charset === undefined) {
    throw atEvent('MYSQL_CHARSET_UNSUPPORTED', position, `the server does not have the collation ${collation ?? ''}`)
  }
  return {
    unsigned: metadata.unsigned?.[i] ?? catalog?.columnType.includes('unsigned') ?? false,
    charset,
    members: members(metadata, i, wire, charset, catalog, charsets),
    dataType: catalog?.dataType.toLowerCase() ?? null,
  }
}

/** The members of an ENUM or SET. The table map has them as bytes in the column's character set. */
function members(
  metadata: TableMetadata,
  i: number,
  { type }: WireType,
  charset: string | null,
  catalog: CatalogColumn | null,
  charsets: Charsets,
): readonly string[] {
  if (type !== TYPE.ENUM && type !== TYPE.SET) return []
  const logged = metadata.members?.[i]
  if (logged === undefined || logged === null) return membersOf(catalog?.columnType ?? '')
  if (charset === null || charset === BINARY) return logged.map((member) => member.toString('latin1'))
  const { decode } = charsets.named(charset)
  return logged.map((member) => decode(member))
}

function unknownColumns({ database, name }: TableMap, why: string, { file, offset }: EventPosition): OffbeatError {
  return new OffbeatError('MYSQL_COLUMNS_UNKNOWN', {
    message: `cannot read rows of ${database}.${name} at ${file ?? 'the binary log'}:${offset}: the log does not name its columns, and the server's catalogue does not fit: ${why}`,
    found: why,
    expected: 'the table as it was when the rows were written',
    fix: [inDatabase("SET GLOBAL binlog_row_metadata = 'FULL'", 'an administrator')],
    details: { database, table: name, file, offset },
  })
}
