import type { TableName } from '../model/table.ts'
import type { SourceConfig } from '../sources/source-config.ts'
import { type TableLevels, tableAt } from '../sources/table-levels.ts'
import { checkedPattern, isHeartbeatTable, matchesTable, type TablePattern } from '../sources/table-pattern.ts'

/**
 * The watched tables, as far as a plan knows them without a server: `all` of the database, a `list` of names, or an SQL `condition` that
 * selects them.
 */
export type WatchedTables<Level extends keyof TableName> =
  | { readonly by: 'all' }
  | { readonly by: 'list'; readonly tables: readonly Readonly<Record<Level, string>>[] }
  /** null: `tables` has a pattern that matches every table. */
  | { readonly by: 'condition'; readonly sql: string | null }

/** How table names are stored in a database's catalog. */
export interface CatalogNames<Level extends keyof TableName> {
  readonly levels: TableLevels<Level>
  /** The catalog column for each part of a name, in the form for a condition. */
  readonly columns: Readonly<Record<Level, string>>
  /** Quotes a text as an SQL literal. */
  literal(text: string): string
}

type Watching = Pick<SourceConfig, 'tables' | 'exclude' | 'heartbeat'>

export function watchedTables<Level extends keyof TableName>(
  config: Watching,
  names: CatalogNames<Level>,
): WatchedTables<Level> {
  const wanted = config.tables.map(checkedPattern)
  const unwanted = config.exclude.map(checkedPattern)
  if (wanted.length === 0 && unwanted.length === 0) return { by: 'all' }
  const paths = wanted.map((pattern) => pathOf(pattern, names))
  if (wanted.length > 0 && paths.every((path) => path !== null)) return listOf(paths, unwanted, config, names)
  return condition(wanted, unwanted, names)
}

function listOf<Level extends keyof TableName>(
  paths: readonly (readonly string[])[],
  unwanted: readonly TablePattern[],
  config: Watching,
  { levels }: CatalogNames<Level>,
): WatchedTables<Level> {
  const listed = paths.filter((path) => !unwanted.some((one) => matchesTable(one, path)))
  const tables = listed.filter((path) => !isWrittenByUs(config, path)).flatMap((path) => tableAt(path, levels) ?? [])
  return { by: 'list', tables }
}

/** The entries of `tables` that name a single table, except the heartbeat table, each with the condition that finds it. */
export function namedTables<Level extends keyof TableName>(
  config: Watching,
  names: CatalogNames<Level>,
): readonly { readonly entry: string; readonly condition: string }[] {
  return config.tables.flatMap((entry) => {
    const pattern = checkedPattern(entry)
    if (pattern.parts.some((pieces) => pieces.length > 1)) return []
    const path = pathOf(pattern, names)
    if (path !== null && isWrittenByUs(config, path)) return []
    return [{ entry, condition: `(${partConditions(pattern, names).join(' AND ')})` }]
  })
}

/** The path of the single table that the pattern names; null: it can match several. */
function pathOf<Level extends keyof TableName>(
  { parts }: TablePattern,
  { levels }: CatalogNames<Level>,
): readonly string[] | null {
  const path = parts.flatMap((pieces) => (pieces.length === 1 ? pieces : []))
  return path.length === parts.length && path.length === levels.length ? path : null
}

/** Whether it is the heartbeat table, in a mode that uses one. */
function isWrittenByUs(config: Watching, path: readonly string[]): boolean {
  const { mode } = config.heartbeat.source
  return mode !== 'off' && mode !== 'message' && isHeartbeatTable(config, path)
}

/** Uses no literal for true, because SQL Server and Oracle have none in conditions. */
function condition<Level extends keyof TableName>(
  wanted: readonly TablePattern[],
  unwanted: readonly TablePattern[],
  names: CatalogNames<Level>,
): WatchedTables<Level> {
  const isWanted = anyOf(wanted, names)
  const isUnwanted = anyOf(unwanted, names)
  if (unwanted.length > 0 && isUnwanted === null) return { by: 'list', tables: [] }
  const all = [...(isWanted === null ? [] : [isWanted]), ...(isUnwanted === null ? [] : [`NOT ${isUnwanted}`])]
  return { by: 'condition', sql: all.length === 0 ? null : all.join(' AND ') }
}

/** null: one of the patterns matches every table, or there are no patterns. */
function anyOf<Level extends keyof TableName>(
  patterns: readonly TablePattern[],
  names: CatalogNames<Level>,
): string | null {
  const each = patterns.map((pattern) => partConditions(pattern, names))
  if (each.length === 0 || each.some((parts) => parts.length === 0)) return null
  return `(${each.map((parts) => `(${parts.join(' AND ')})`).join(' OR ')})`
}

/** Empty: the pattern matches every table. */
function partConditions<Level extends keyof TableName>(
  { parts }: TablePattern,
  { levels, columns, literal }: CatalogNames<Level>,
): readonly string[] {
  const named = levels.slice(-parts.length)
  return named.flatMap((level, i) => partCondition(columns[level], parts[i] ?? [], literal))
}

/** LIKE with an explicit escape character, because servers treat a backslash in a literal differently. */
function partCondition(
  column: string,
  pieces: readonly string[],
  literal: (text: string) => string,
): readonly string[] {
  if (pieces.length === 1) return [`${column} = ${literal(pieces[0] ?? '')}`]
  if (pieces.every((piece) => piece === '')) return []
  const escaped = pieces.map((piece) => piece.replaceAll(/[!%_]/g, '!$&')).join('%')
  return [`${column} LIKE ${literal(escaped)} ESCAPE '!'`]
}
