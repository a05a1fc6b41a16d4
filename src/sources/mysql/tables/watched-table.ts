import { tableFilter } from '../../table-pattern.ts'
import type { MysqlConfig } from '../config.ts'

/** The parts of a table's name. */
export const LEVELS = ['database', 'name'] as const

/** The server's own databases. Services keep state of their own in `mysql`, and write it to the log. */
export const SYSTEM_DATABASES: readonly string[] = ['information_schema', 'mysql', 'performance_schema', 'sys']

/** Returns whether a table is watched. The server's own tables never are, also if `tables` is empty. */
export function watchedTables({
  tables,
  exclude,
}: Pick<MysqlConfig, 'tables' | 'exclude'>): (database: string, name: string) => boolean {
  const matches = tableFilter(tables, exclude)
  return (database, name) => !SYSTEM_DATABASES.includes(database) && matches(database, name)
}
