/** A column as the server's catalogue (information_schema.COLUMNS) describes it now. */
export interface CatalogColumn {
  readonly name: string
  /** DATA_TYPE in lower case: `int`, `enum`, `uuid`. */
  readonly dataType: string
  readonly unsigned: boolean
  /** The members of an ENUM or SET. */
  readonly members: readonly string[]
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

/** Whether both describe the same columns in the same order. */
export function sameColumns(a: readonly CatalogColumn[], b: readonly CatalogColumn[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ name, dataType, unsigned, charset, key, members }, i) => {
      const other = b[i]
      return (
        other !== undefined &&
        other.name === name &&
        other.dataType === dataType &&
        other.unsigned === unsigned &&
        other.charset === charset &&
        other.key === key &&
        other.members.length === members.length &&
        other.members.every((member, j) => member === members[j])
      )
    })
  )
}
