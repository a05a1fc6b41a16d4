/** A column as the catalog has it now. The catalog keeps dropped columns. */
export interface ColumnFacts {
  readonly number: number
  readonly name: string
  readonly dropped: boolean
  readonly generated: boolean
  readonly typeOid: number
  /** The transaction that last changed the column's catalog row. */
  readonly changedBy: number
}

export interface IndexFacts {
  readonly columns: readonly ColumnFacts[]
  /** The transaction that last wrote the index's catalog row. */
  readonly changedBy: number
}

/** What the catalog has now about a table's key. */
export interface KeyFacts {
  readonly columns: readonly ColumnFacts[]
  readonly primaryKey: IndexFacts | null
  /** The index whose columns the log flags; null: the replica identity is FULL or NOTHING. */
  readonly identity: IndexFacts | null
  /** The next transaction id that the server will assign. */
  readonly nextXid: number
}

/** The columns of an index begin with its key; the INCLUDE columns follow. */
export const KEY_SQL = `
WITH indexes AS (
  SELECT i.xmin, i.indisprimary, (i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1] AS numbers,
    (c.relreplident = 'd' AND i.indisprimary) OR (c.relreplident = 'i' AND i.indisreplident) AS is_identity
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid WHERE i.indrelid = $1::pg_catalog.oid)
SELECT a.attnum AS number, a.attname AS name, a.attisdropped::pg_catalog.text AS dropped, (a.attgenerated <> '')::pg_catalog.text AS generated,
  a.atttypid AS type, a.xmin AS changed_by,
  (SELECT p.xmin FROM indexes p WHERE p.indisprimary AND a.attnum = ANY (p.numbers)) AS primary_by,
  (SELECT r.xmin FROM indexes r WHERE r.is_identity AND a.attnum = ANY (r.numbers)) AS identity_by,
  pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::pg_catalog.text AS next_xid
FROM pg_catalog.pg_attribute a WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 ORDER BY a.attnum`

type CatalogRow = { readonly [column: string]: string | null }

/** null: the table does not exist, or has never had a column. */
export function keyFacts(rows: readonly CatalogRow[]): KeyFacts | null {
  const [first] = rows
  if (first === undefined) return null
  const columns = rows.map(columnFacts)
  return {
    columns,
    primaryKey: indexFacts(rows, columns, 'primary_by'),
    identity: indexFacts(rows, columns, 'identity_by'),
    nextXid: xid(first, 'next_xid'),
  }
}

function columnFacts(row: CatalogRow): ColumnFacts {
  return {
    number: Number(row['number']),
    name: row['name'] ?? '',
    dropped: isTrue(row['dropped']),
    generated: isTrue(row['generated']),
    typeOid: Number(row['type']),
    changedBy: xid(row, 'changed_by'),
  }
}

function indexFacts(
  rows: readonly CatalogRow[],
  columns: readonly ColumnFacts[],
  field: 'primary_by' | 'identity_by',
): IndexFacts | null {
  const row = rows.find((candidate) => candidate[field] != null)
  if (row === undefined) return null
  return { columns: columns.filter((_, i) => rows[i]?.[field] != null), changedBy: xid(row, field) }
}

/** A transaction id without the epoch, as in the log. */
function xid(row: CatalogRow, field: string): number {
  return Number(BigInt.asUintN(32, BigInt(row[field] ?? 0)))
}

function isTrue(value: string | null | undefined): boolean {
  return value === 't' || value === 'true'
}
