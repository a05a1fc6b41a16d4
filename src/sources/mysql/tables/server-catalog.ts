import type { CatalogColumn, TableCatalog } from './table-catalog.ts'
import type { TextQuery } from './text-query.ts'

const COLUMNS = `SELECT TABLE_SCHEMA AS db, TABLE_NAME AS tab, COLUMN_NAME AS name, DATA_TYPE AS data_type,
    COLUMN_TYPE AS column_type, CHARACTER_SET_NAME AS charset, COLUMN_KEY AS in_key
  FROM information_schema.COLUMNS`
const IN_ORDER = 'ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION'
const OWN_DATABASES = `('information_schema', 'performance_schema', 'mysql', 'sys')`

type Row = Awaited<ReturnType<TextQuery>>[number]

/** Reads information_schema, which shows only the columns of tables on which the user has some privilege. */
export function serverCatalog(query: TextQuery): TableCatalog {
  return {
    async columns(database, table) {
      const rows = await query(`${COLUMNS} WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ${IN_ORDER}`, [database, table])
      return rows.length === 0 ? null : rows.map(catalogColumn)
    },
  }
}

export interface ListedTable {
  readonly database: string
  readonly table: string
  readonly columns: readonly CatalogColumn[]
}

/** The columns of all tables of users for which `isWanted` returns true. */
export async function listedTables(
  query: TextQuery,
  isWanted: (database: string, table: string) => boolean,
): Promise<readonly ListedTable[]> {
  const rows = await query(`${COLUMNS} WHERE TABLE_SCHEMA NOT IN ${OWN_DATABASES} ${IN_ORDER}`)
  const tables = new Map<string, ListedTable & { readonly columns: CatalogColumn[] }>()
  for (const row of rows) {
    const [database, table] = [row['db'] ?? '', row['tab'] ?? '']
    const key = `${database}\0${table}`
    const known = tables.get(key)
    if (known !== undefined) known.columns.push(catalogColumn(row))
    else if (isWanted(database, table)) tables.set(key, { database, table, columns: [catalogColumn(row)] })
  }
  return [...tables.values()]
}

/** Names that differ between versions for the same thing, so that an upgrade of the server does not look like a changed table. */
const NEWER_NAMES: ReadonlyMap<string, string> = new Map([
  ['geometrycollection', 'geomcollection'],
  ['utf8', 'utf8mb3'],
])

function newer(name: string): string {
  return NEWER_NAMES.get(name) ?? name
}

function catalogColumn(row: Row): CatalogColumn {
  const type = row['column_type'] ?? ''
  const dataType = newer((row['data_type'] ?? '').toLowerCase())
  const charset = row['charset'] ?? null
  return {
    name: row['name'] ?? '',
    dataType,
    unsigned: /\bunsigned\b/iu.test(type) && dataType !== 'enum' && dataType !== 'set',
    members: dataType === 'enum' || dataType === 'set' ? membersOf(type) : [],
    charset: charset === null ? null : newer(charset),
    key: row['in_key'] === 'PRI',
  }
}

/** Parses the members of an ENUM or SET from its COLUMN_TYPE. Each member is in quotes; a quote inside a member is doubled. */
function membersOf(columnType: string): string[] {
  return [...columnType.matchAll(/'((?:[^']|'')*)'/gu)].map(([, member = '']) => member.replaceAll("''", "'"))
}
