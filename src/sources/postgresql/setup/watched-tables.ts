import { matchesTable, parseTablePattern, type TablePattern } from '../../table-pattern.ts'
import type { PostgresqlConfig } from '../config.ts'
import { quoteLiteral, type TableName } from '../connect/quoting.ts'
import { FROM_TABLES } from '../tables/table-name.ts'

/**
 * What is watched, as a plan can know it without a server: `all` of the database, a `list` of names, or what a `condition` on
 * `n.nspname` and `c.relname` selects.
 */
export type WatchedTables =
  | { readonly by: 'all' }
  | { readonly by: 'list'; readonly tables: readonly TableName[] }
  | { readonly by: 'condition'; readonly sql: string }

export function watchedTables(config: PostgresqlConfig): WatchedTables {
  const wanted = config.tables.flatMap(parsed)
  const unwanted = config.exclude.flatMap(parsed)
  if (wanted.length === 0 && unwanted.length === 0) return { by: 'all' }
  const names = wanted.map(nameOf)
  if (wanted.length > 0 && names.every((name) => name !== null)) {
    const listed = names.filter((name) => !unwanted.some((pattern) => matchesTable(pattern, [name.schema, name.name])))
    return { by: 'list', tables: listed.filter((name) => !isHeartbeat(config, name)) }
  }
  return { by: 'condition', sql: condition(wanted, unwanted) }
}

function parsed(text: string): readonly TablePattern[] {
  const { pattern } = parseTablePattern(text)
  return pattern === null ? [] : [pattern]
}

/** The one table that the pattern means; null when it may mean several. */
function nameOf({ parts }: TablePattern): TableName | null {
  const [schema, name] = parts
  if (schema?.length !== 1 || name?.length !== 1) return null
  return { schema: schema[0] ?? '', name: name[0] ?? '' }
}

function isHeartbeat(config: PostgresqlConfig, { schema, name }: TableName): boolean {
  const { source } = config.heartbeat
  return source.mode !== 'off' && source.mode !== 'message' && source.schema === schema && source.table === name
}

function condition(wanted: readonly TablePattern[], unwanted: readonly TablePattern[]): string {
  const any = (patterns: readonly TablePattern[]) => `(${patterns.map(patternCondition).join(' OR ')})`
  return [
    ...(wanted.length === 0 ? [] : [any(wanted)]),
    ...(unwanted.length === 0 ? [] : [`NOT ${any(unwanted)}`]),
  ].join(' AND ')
}

function patternCondition({ parts }: TablePattern): string {
  const columns = ['n.nspname', 'c.relname'].slice(-parts.length)
  const all = parts.flatMap((pieces, i) => partCondition(columns[i] ?? '', pieces))
  return all.length === 0 ? 'true' : `(${all.join(' AND ')})`
}

/** LIKE with an escape of its own, since a backslash in a literal means different things to different servers. */
function partCondition(column: string, pieces: readonly string[]): readonly string[] {
  if (pieces.length === 1) return [`${column} = ${quoteLiteral(pieces[0] ?? '')}`]
  if (pieces.every((piece) => piece === '')) return []
  const escaped = pieces.map((piece) => piece.replaceAll(/[!%_]/g, '!$&')).join('%')
  return [`${column} LIKE ${quoteLiteral(escaped)} ESCAPE '!'`]
}

/** The entries of `tables` that mean one table each, the heartbeat table left out, with the condition on `n` and `c` that finds it. */
export function namedTables(
  config: PostgresqlConfig,
): readonly { readonly entry: string; readonly condition: string }[] {
  return config.tables.flatMap((entry) => {
    const { pattern } = parseTablePattern(entry)
    if (pattern === null || pattern.parts.some((pieces) => pieces.length > 1)) return []
    const name = nameOf(pattern)
    return name !== null && isHeartbeat(config, name) ? [] : [{ entry, condition: patternCondition(pattern) }]
  })
}

/** FROM and WHERE of the watched tables of the database, the heartbeat table left out: columns `n.nspname`, `c.relname`, `c.oid`. */
export function fromWatched(config: PostgresqlConfig, watched: WatchedTables): string {
  const { mode, schema, table } = config.heartbeat.source
  const heartbeat = `\n    AND NOT (n.nspname = ${quoteLiteral(schema)} AND c.relname = ${quoteLiteral(table)})`
  return `${FROM_TABLES}${mode === 'table' || mode === 'job' ? heartbeat : ''}
    AND ${selected(watched)}`
}

function selected(watched: WatchedTables): string {
  if (watched.by === 'all') return 'true'
  if (watched.by === 'condition') return watched.sql
  if (watched.tables.length === 0) return 'false'
  const rows = watched.tables.map(({ schema, name }) => `(${quoteLiteral(schema)}, ${quoteLiteral(name)})`)
  return `(n.nspname, c.relname) IN (${rows.join(', ')})`
}

/** A DO block around statements for each watched table `t`. The tag is one that the body does not hold. */
export function forEachWatched(
  config: PostgresqlConfig,
  watched: WatchedTables,
  body: readonly string[],
  and = '',
): string {
  const text = `DECLARE t record;
BEGIN
  FOR t IN SELECT n.nspname, c.relname ${fromWatched(config, watched).replaceAll('\n', '\n  ')}${and}
  LOOP
${body.map((line) => `    ${line};`).join('\n')}
  END LOOP;
END`
  let tag = '$each$'
  for (let n = 1; text.includes(tag); n++) tag = `$each${n}$`
  return `DO ${tag}\n${text} ${tag}`
}
