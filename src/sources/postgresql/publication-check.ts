import type { ErrorCode } from '../../model/error-code.ts'
import type { JsonObject } from '../../model/json.ts'
import type { NoticeEvent } from '../../model/log-event.ts'
import type { PostgresqlConfig } from './config.ts'
import type { PostgresConnection, StatementOptions } from './connection.ts'
import { quoteIdentifier, quoteLiteral } from './errors.ts'
import { heartbeatTableName, heartbeatTableStatements } from './heartbeat-table.ts'
import { type PublicationFacts, text } from './server-facts.ts'

const MOST_TABLES_NAMED = 20

/** A table of the database and what the publication makes of it. */
export interface PublishedTable {
  readonly schema: string
  readonly name: string
  /** A partitioned table: it has no rows of its own. */
  readonly isRoot: boolean
  /** Its rows come under this name. */
  readonly published: boolean
  /** Its rows come under the name of the table that it is a partition of. */
  readonly publishedByRoot: boolean
  /** Partitions come under their own names, and there are some. */
  readonly publishedByLeaves: boolean
  /** 15 and later: the columns that come; null where unknown. */
  readonly columns: readonly string[] | null
  readonly hasFilter: boolean
}

export interface PublicationInput {
  readonly config: PostgresqlConfig
  readonly publication: PublicationFacts
  readonly tables: readonly PublishedTable[]
  readonly isWatched: (schema: string, table: string) => boolean
  /** Whether this one pattern of the configuration fits. */
  readonly fits: (pattern: string, schema: string, table: string) => boolean
}

/** By the catalogs' own rows: a cast to `regclass` is refused where the user may not use the schema. */
const tablesQuery = (publication: string) => `
  WITH published AS (
    SELECT to_jsonb(p) AS row, r.oid FROM pg_catalog.pg_publication_tables p
      JOIN pg_catalog.pg_namespace s ON s.nspname = p.schemaname
      JOIN pg_catalog.pg_class r ON r.relnamespace = s.oid AND r.relname = p.tablename
    WHERE pubname = ${quoteLiteral(publication)})
  SELECT n.nspname::text AS schema, c.relname::text AS name, (c.relkind = 'p')::text AS is_root,
    (p.oid IS NOT NULL)::text AS published,
    (c.relispartition AND EXISTS (SELECT FROM published r WHERE r.oid <> c.oid AND r.oid IN
      (SELECT a.relid FROM pg_catalog.pg_partition_ancestors(c.oid) a)))::text AS by_root,
    (c.relkind = 'p' AND EXISTS (SELECT FROM published r WHERE r.oid <> c.oid AND r.oid IN
      (SELECT t.relid FROM pg_catalog.pg_partition_tree(c.oid) t)))::text AS by_leaves,
    (p.row -> 'attnames')::text AS columns,
    (p.row ->> 'rowfilter' IS NOT NULL)::text AS has_filter
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN published p ON p.oid = c.oid
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  ORDER BY 1, 2`

export async function lookAtTables(
  connection: PostgresConnection,
  publication: string,
  options: StatementOptions,
): Promise<readonly PublishedTable[]> {
  const rows = await connection.query(tablesQuery(publication), [], options)
  return rows.map((row) => ({
    schema: text(row, 'schema'),
    name: text(row, 'name'),
    isRoot: row['is_root'] === 'true',
    published: row['published'] === 'true',
    publishedByRoot: row['by_root'] === 'true',
    publishedByLeaves: row['by_leaves'] === 'true',
    columns: columnNames(row['columns'] ?? null),
    hasFilter: row['has_filter'] === 'true',
  }))
}

function columnNames(json: string | null): readonly string[] | null {
  const names: unknown = json === null ? null : JSON.parse(json)
  return Array.isArray(names) ? names.map(String) : null
}

/** What a person should know before waiting for changes that can never come. */
export function checkPublished(input: PublicationInput): readonly NoticeEvent[] {
  return [...unusedPatterns(input), ...unpublished(input), ...heartbeat(input)]
}

function notice(code: ErrorCode, details: JsonObject): NoticeEvent {
  return { type: 'notice', code, details }
}

function unusedPatterns({ config, tables, fits }: PublicationInput): readonly NoticeEvent[] {
  const unused = [...config.tables, ...config.exclude].filter(
    (pattern) => !tables.some(({ schema, name }) => fits(pattern, schema, name)),
  )
  return unused.map((pattern) => {
    const among = [...new Set(tables.map(({ schema }) => schema))].slice(0, MOST_TABLES_NAMED).join(', ')
    return notice('POSTGRES_TABLE_PATTERN_UNUSED', {
      pattern,
      found: `${tables.length} tables, in the schemas ${among === '' ? '(none)' : among}`,
      expected: 'schema.table, with * within a part; names with capitals or other signs in double quotes',
    })
  })
}

function unpublished(input: PublicationInput): readonly NoticeEvent[] {
  const { config, tables, isWatched } = input
  const missing = tables.filter(
    (table) => isWatched(table.schema, table.name) && !comes(table) && !isHeartbeat(config, table),
  )
  if (missing.length === 0) return []
  const names = missing.slice(0, MOST_TABLES_NAMED).map(quoted)
  return [
    notice('POSTGRES_TABLE_NOT_PUBLISHED', {
      publication: config.publication,
      tables: names,
      count: missing.length,
      fix: `ALTER PUBLICATION ${quoteIdentifier(config.publication)} ADD TABLE ${names.join(', ')}${missing.length > names.length ? ', ...' : ''}`,
    }),
  ]
}

/** Whether rows can come, under this name or under the names of its partitions or of its root. */
function comes(table: PublishedTable): boolean {
  return table.published || table.publishedByRoot || table.publishedByLeaves
}

function quoted({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
}

function isHeartbeat(config: PostgresqlConfig, { schema, name }: PublishedTable): boolean {
  const { source } = config.heartbeat
  return source.schema === schema && source.table === name
}

function heartbeat(input: PublicationInput): readonly NoticeEvent[] {
  const { config, publication, tables } = input
  if (config.heartbeat.source.mode === 'off') return []
  const table = tables.find((candidate) => isHeartbeat(config, candidate))
  const name = heartbeatTableName(config)
  if (table === undefined) {
    return [notice('POSTGRES_HEARTBEAT_TABLE_MISSING', { table: name, fix: heartbeatTableStatements(config) })]
  }
  const pub = quoteIdentifier(config.publication)
  if (!table.published) {
    const fix = `ALTER PUBLICATION ${pub} ADD TABLE ${name}`
    return [notice('POSTGRES_HEARTBEAT_NOT_PUBLISHED', { table: name, publication: config.publication, fix })]
  }
  if (!publication.updates) {
    const found = 'the publication does not publish updates'
    const fix = `ALTER PUBLICATION ${pub} SET (publish = 'insert, update, delete, truncate')`
    return [notice('POSTGRES_HEARTBEAT_NOT_PUBLISHED', { table: name, publication: config.publication, found, fix })]
  }
  return hidden(input, table, name)
}

function hidden({ config }: PublicationInput, table: PublishedTable, name: string): readonly NoticeEvent[] {
  const lacksText = table.columns !== null && !table.columns.includes('text')
  if (!lacksText && !table.hasFilter) return []
  const pub = quoteIdentifier(config.publication)
  return [
    notice('POSTGRES_HEARTBEAT_HIDDEN', {
      table: name,
      publication: config.publication,
      found: lacksText ? 'a column list without the column text' : 'a row filter',
      fix: [`ALTER PUBLICATION ${pub} DROP TABLE ${name}`, `ALTER PUBLICATION ${pub} ADD TABLE ${name}`],
    }),
  ]
}
