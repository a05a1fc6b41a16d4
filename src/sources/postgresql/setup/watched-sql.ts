import type { CatalogNames, WatchedTables } from '../../../setup/watched-tables.ts'
import { usesTable } from '../../heartbeat/finding.ts'
import type { PostgresqlConfig } from '../config.ts'
import { type QualifiedName, quoteLiteral } from '../connect/quoting.ts'
import { FROM_TABLES, LEVELS } from '../tables/table-name.ts'

export type Watched = WatchedTables<keyof QualifiedName>

/** The column names in `FROM_TABLES`. */
export const CATALOG_NAMES: CatalogNames<keyof QualifiedName> = {
  levels: LEVELS,
  columns: { schema: 'n.nspname', name: 'c.relname' },
  literal: quoteLiteral,
}

/** FROM and WHERE for the watched tables of the database, without the heartbeat table: columns `n.nspname`, `c.relname`, `c.oid`. */
export function fromWatched(config: PostgresqlConfig, watched: Watched): string {
  const { schema, table } = config.heartbeat.source
  const heartbeat = `\n    AND NOT (n.nspname = ${quoteLiteral(schema)} AND c.relname = ${quoteLiteral(table)})`
  return `${FROM_TABLES}${usesTable(config.heartbeat.source) ? heartbeat : ''}
    AND ${selected(watched)}`
}

function selected(watched: Watched): string {
  if (watched.by === 'all') return 'true'
  if (watched.by === 'condition') return watched.sql ?? 'true'
  if (watched.tables.length === 0) return 'false'
  const rows = watched.tables.map(({ schema, name }) => `(${quoteLiteral(schema)}, ${quoteLiteral(name)})`)
  return `(n.nspname, c.relname) IN (${rows.join(', ')})`
}

/** A DO block that runs statements for each watched table `t`. Its dollar-quote tag does not occur in the body. */
export function forEachWatched(config: PostgresqlConfig, watched: Watched, body: readonly string[], and = ''): string {
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
