import type { SourceConfig } from '../sources/source-config.ts'
import { matchesTable, parseTablePattern, type TablePattern } from '../sources/table-pattern.ts'

/** `schema`: where the table is; of MySQL the database. */
export interface WatchedTable {
  readonly schema: string
  readonly name: string
}

/** What is watched, as a plan can know it without a server: `all` of the database, a `list` of names, or what an SQL `condition` selects. */
export type WatchedTables =
  | { readonly by: 'all' }
  | { readonly by: 'list'; readonly tables: readonly WatchedTable[] }
  | { readonly by: 'condition'; readonly sql: string }

/** How a database's catalog has the names of its tables. */
export interface CatalogNames {
  /** The columns of the parts of a name, the table's last; as they can be in a condition. */
  readonly columns: readonly [schema: string, table: string]
  /** A text as a literal. */
  literal(text: string): string
}

type Watching = Pick<SourceConfig, 'tables' | 'exclude' | 'heartbeat'>

export function watchedTables(config: Watching, names: CatalogNames): WatchedTables {
  const wanted = config.tables.flatMap(parsed)
  const unwanted = config.exclude.flatMap(parsed)
  if (wanted.length === 0 && unwanted.length === 0) return { by: 'all' }
  const tables = wanted.map(tableOf)
  if (wanted.length > 0 && tables.every((table) => table !== null)) {
    const listed = tables.filter(({ schema, name }) => !unwanted.some((one) => matchesTable(one, [schema, name])))
    return { by: 'list', tables: listed.filter((table) => !isHeartbeat(config, table)) }
  }
  return { by: 'condition', sql: condition(wanted, unwanted, names) }
}

/** The entries of `tables` that mean one table each, the heartbeat table left out, with the condition that finds it. */
export function namedTables(
  config: Watching,
  names: CatalogNames,
): readonly { readonly entry: string; readonly condition: string }[] {
  return config.tables.flatMap((entry) => {
    const { pattern } = parseTablePattern(entry)
    if (pattern === null || pattern.parts.some((pieces) => pieces.length > 1)) return []
    const table = tableOf(pattern)
    return table !== null && isHeartbeat(config, table) ? [] : [{ entry, condition: patternCondition(pattern, names) }]
  })
}

function parsed(text: string): readonly TablePattern[] {
  const { pattern } = parseTablePattern(text)
  return pattern === null ? [] : [pattern]
}

/** The one table that the pattern means; null when it may mean several. */
function tableOf({ parts }: TablePattern): WatchedTable | null {
  const [schema, name] = parts
  if (schema?.length !== 1 || name?.length !== 1) return null
  return { schema: schema[0] ?? '', name: name[0] ?? '' }
}

function isHeartbeat({ heartbeat }: Watching, { schema, name }: WatchedTable): boolean {
  const { source } = heartbeat
  return source.mode !== 'off' && source.mode !== 'message' && source.schema === schema && source.table === name
}

function condition(wanted: readonly TablePattern[], unwanted: readonly TablePattern[], names: CatalogNames): string {
  const any = (patterns: readonly TablePattern[]) =>
    `(${patterns.map((pattern) => patternCondition(pattern, names)).join(' OR ')})`
  return [
    ...(wanted.length === 0 ? [] : [any(wanted)]),
    ...(unwanted.length === 0 ? [] : [`NOT ${any(unwanted)}`]),
  ].join(' AND ')
}

function patternCondition({ parts }: TablePattern, names: CatalogNames): string {
  const columns = names.columns.slice(-parts.length)
  const all = parts.flatMap((pieces, i) => partCondition(columns[i] ?? '', pieces, names))
  return all.length === 0 ? 'true' : `(${all.join(' AND ')})`
}

/** LIKE with an escape of its own, since a backslash in a literal means different things to different servers. */
function partCondition(column: string, pieces: readonly string[], { literal }: CatalogNames): readonly string[] {
  if (pieces.length === 1) return [`${column} = ${literal(pieces[0] ?? '')}`]
  if (pieces.every((piece) => piece === '')) return []
  const escaped = pieces.map((piece) => piece.replaceAll(/[!%_]/g, '!$&')).join('%')
  return [`${column} LIKE ${literal(escaped)} ESCAPE '!'`]
}
