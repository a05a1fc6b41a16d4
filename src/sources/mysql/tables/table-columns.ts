import type { Column } from '../../../model/table.ts'
import { atEvent, type EventPosition, invalidEvent } from '../decode/framing/event-position.ts'
import { TYPE, type WireType } from '../decode/rows/column-type.ts'
import type { TableMap } from '../decode/rows/table-map.ts'
import type { TableMetadata } from '../decode/rows/table-metadata.ts'
import { BINARY, type Charsets } from '../values/charset/charset.ts'
import type { ColumnFacts, ValueForms } from '../values/column-form.ts'
import { MARIADB_BYTES } from '../values/mariadb/mariadb-address-value.ts'
import { misfit } from './catalog-fit.ts'
import { unknownColumns } from './column-history.ts'
import type { CatalogColumn } from './table-catalog.ts'

/** Whether a column can be a UUID or a network address of MariaDB, which the log does not tell from a BINARY. */
export function needsTypes({ metadata, columns }: TableMap, isMariadb: boolean): boolean {
  return isMariadb && columns.some((wire, i) => canBeAddress(wire, metadata.collations?.[i] ?? null))
}

/** The number of the collation `binary`, in both products. */
const BINARY_COLLATION = 63

function canBeAddress({ type, size }: WireType, collation: number | null): boolean {
  return type === TYPE.STRING && MARIADB_BYTES.includes(size) && (collation === null || collation === BINARY_COLLATION)
}

/**
 * `catalog`: the columns of the table at this event, by name where the log names them, otherwise in order; null: not needed. Throws
 * MYSQL_COLUMNS_UNKNOWN or MYSQL_CHARSET_UNSUPPORTED.
 */
export function tableColumns(
  map: TableMap,
  catalog: readonly CatalogColumn[] | null,
  forms: ValueForms,
  position: EventPosition,
): Column[] {
  const { names, collations } = map.metadata
  return map.columns.map((wire, i) => {
    const listed = names === null ? catalog?.[i] : catalog?.find(({ name }) => name === names[i])
    const inCatalog = listed !== undefined && misfit([wire], [listed]) === null ? listed : null
    if (catalog !== null && names !== null && inCatalog === null && canBeAddress(wire, collations?.[i] ?? null))
      throw unknownColumns(map, `the catalogue has no column ${names[i]} of this type`, position)
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
    unsigned: metadata.unsigned?.[i] ?? catalog?.unsigned ?? false,
    charset,
    members: members(metadata, i, wire, charset, catalog, charsets),
    dataType: catalog?.dataType ?? null,
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
  if (logged === undefined || logged === null) return catalog?.members ?? []
  if (charset === null || charset === BINARY) return logged.map((member) => member.toString('latin1'))
  const { decode } = charsets.named(charset)
  return logged.map((member) => decode(member))
}
