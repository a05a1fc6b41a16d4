import type { TableName } from '../model/table.ts'

/**
 * The parts of a table's name as `tables` takes them, the table's own last: schema and name of PostgreSQL, database and name of MySQL, and of
 * MongoDB, where the name is a collection's.
 */
export type TableLevels<Level extends keyof TableName = keyof TableName> = readonly Level[]

/** A table by the parts that name it. */
export type LevelledTable<Level extends keyof TableName> = Readonly<Record<Level, string | null>>

/** The parts in their order. */
export function pathOf<Level extends keyof TableName>(
  table: LevelledTable<Level>,
  levels: TableLevels<Level>,
): readonly string[] {
  return levels.map((level) => table[level] ?? '')
}

/** null: the path has not one part for each level. */
export function tableAt<Level extends keyof TableName>(
  path: readonly string[],
  levels: TableLevels<Level>,
): Readonly<Record<Level, string>> | null {
  if (path.length !== levels.length) return null
  return Object.fromEntries(levels.map((level, i) => [level, path[i]])) as Record<Level, string>
}

/** For people, e.g. 'schema.table'. */
export function tableForm(levels: TableLevels): string {
  return levels.map((level) => (level === 'name' ? 'table' : level)).join('.')
}
