/** A column as the server's catalogue (information_schema.COLUMNS) describes it now. */
export interface CatalogColumn {
  readonly name: string
  /** DATA_TYPE: `int`, `enum`, `uuid`. */
  readonly dataType: string
  /** COLUMN_TYPE: `int(10) unsigned`, `enum('a','b')`. */
  readonly columnType: string
  /** CHARACTER_SET_NAME. */
  readonly charset: string | null
  /** Part of the primary key. */
  readonly key: boolean
}

/** Reads what the log leaves out about tables. */
export interface TableCatalog {
  /** The columns in table order. null: there is no such table. */
  columns(database: string, table: string): Promise<readonly CatalogColumn[] | null>
}

/** Parses the members of an ENUM or SET from its COLUMN_TYPE. Each member is in quotes; a quote inside a member is doubled. */
export function membersOf(columnType: string): string[] {
  return [...columnType.matchAll(/'((?:[^']|'')*)'/gu)].map(([, member = '']) => member.replaceAll("''", "'"))
}
