/** A column as the server's catalogue (information_schema.COLUMNS) has it today. */
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

/** What the log does not say of tables. */
export interface TableCatalog {
  /** In their order; null: there is no such table. */
  columns(database: string, table: string): Promise<readonly CatalogColumn[] | null>
}

/** The members in a COLUMN_TYPE of ENUM or SET: each in quotes, a quote within doubled. */
export function membersOf(columnType: string): string[] {
  return [...columnType.matchAll(/'((?:[^']|'')*)'/gu)].map(([, member = '']) => member.replaceAll("''", "'"))
}
