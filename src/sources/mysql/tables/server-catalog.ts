import type { CatalogColumn, TableCatalog } from './table-catalog.ts'
import type { TextQuery } from './text-query.ts'

const COLUMNS = `SELECT COLUMN_NAME AS name, DATA_TYPE AS data_type, COLUMN_TYPE AS column_type,
    CHARACTER_SET_NAME AS charset, COLUMN_KEY AS in_key
  FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`

/** Reads information_schema, which shows only the columns of tables on which the user has some privilege. */
export function serverCatalog(query: TextQuery): TableCatalog {
  return {
    async columns(database, table) {
      const rows = await query(COLUMNS, [database, table])
      return rows.length === 0 ? null : rows.map(catalogColumn)
    },
  }
}

function catalogColumn(row: { readonly [column: string]: string | null }): CatalogColumn {
  return {
    name: row['name'] ?? '',
    dataType: row['data_type'] ?? '',
    columnType: row['column_type'] ?? '',
    charset: row['charset'] ?? null,
    key: row['in_key'] === 'PRI',
  }
}
