import type { DataWords } from '../model/data-words.ts'
import type { TableName } from '../model/table.ts'

/**
 * The parts of a table's name in `tables`, the table's own name last: schema and name in PostgreSQL, database and name in MySQL and MongoDB
 * (where the name is a collection's).
 */
export type TableLevels<Level extends keyof TableName = keyof TableName> = readonly Level[]

/** The parts of a table's name, by level. */
export type LevelledTable<Level extends keyof TableName> = Readonly<Record<Level, string | null>>

/** The parts in order. */
export function pathOf<Level extends keyof TableName>(
  table: LevelledTable<Level>,
  levels: TableLevels<Level>,
): readonly string[] {
  return levels.map((level) => table[level] ?? '')
}

/** null: the number of parts is not the number of levels. */
export function tableAt<Level extends keyof TableName>(
  path: readonly string[],
  levels: TableLevels<Level>,
): Readonly<Record<Level, string>> | null {
  if (path.length !== levels.length) return null
  return Object.fromEntries(levels.map((level, i) => [level, path[i]])) as Record<Level, string>
}

/** For people, e.g. 'schema.table'. */
export function tableForm(levels: TableLevels, { table }: DataWords): string {
  return levels.map((level) => (level === 'name' ? table : level)).join('.')
}
