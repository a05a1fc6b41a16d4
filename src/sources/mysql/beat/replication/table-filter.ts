import type { QualifiedName } from '../../connect/quoting.ts'

/** The rules by which a server leaves out tables. Those of the log have databases only. */
export interface TableFilters {
  readonly doDatabases: readonly string[]
  readonly ignoreDatabases: readonly string[]
  /** As `database.table`. */
  readonly doTables: readonly string[]
  readonly ignoreTables: readonly string[]
  /** As in LIKE: `shop.order%`. */
  readonly wildDoTables: readonly string[]
  readonly wildIgnoreTables: readonly string[]
}

export const NO_FILTERS: TableFilters = {
  doDatabases: [],
  ignoreDatabases: [],
  doTables: [],
  ignoreTables: [],
  wildDoTables: [],
  wildIgnoreTables: [],
}

export function isFiltering(filters: TableFilters): boolean {
  return Object.values(filters).some((rules) => rules.length > 0)
}

/** Whether changes of the table are left out, by the servers' own order of rules for logged rows: databases first, then tables. */
export function leavesOut(filters: TableFilters, { database, name }: QualifiedName): boolean {
  if (filters.doDatabases.length > 0 && !filters.doDatabases.includes(database)) return true
  if (filters.doDatabases.length === 0 && filters.ignoreDatabases.includes(database)) return true
  const table = `${database}.${name}`
  const isLike = (patterns: readonly string[]) => patterns.some((pattern) => likePattern(pattern).test(table))
  if (filters.doTables.includes(table)) return false
  if (filters.ignoreTables.includes(table)) return true
  if (isLike(filters.wildDoTables)) return false
  if (isLike(filters.wildIgnoreTables)) return true
  return filters.doTables.length + filters.wildDoTables.length > 0
}

/** A pattern of LIKE. */
export function likePattern(pattern: string): RegExp {
  const source = pattern.replaceAll(/\\?[\s\S]/gu, (token) => {
    if (token === '%') return '.*'
    if (token === '_') return '.'
    return token.replace(/^\\(?=.)/u, '').replaceAll(/[\\^$.*+?()[\]{}|/]/gu, '\\$&')
  })
  return new RegExp(`^${source}$`, 'su')
}
