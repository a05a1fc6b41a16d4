import type { ErrorCode } from '../../../model/error-code.ts'
import { alternative, type Fix, inDatabase } from '../../../model/fix.ts'
import type { JsonObject } from '../../../model/json.ts'
import type { NoticeEvent } from '../../../model/log-event.ts'
import type { StatementOptions } from '../../connect/session-life.ts'
import { text } from '../../connect/text-row.ts'
import { tableEntry, tableFilter } from '../../table-pattern.ts'
import { unusedPatterns } from '../../unused-pattern.ts'
import { heartbeatTableName, tableFix } from '../beat/heartbeat-table.ts'
import { POSTGRESQL_DEFAULTS, type PostgresqlConfig } from '../config.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { PUBLISHER, TABLE_OWNER } from '../connect/fix-runner.ts'
import { type QualifiedName, quoteIdentifier, quoteLiteral, quoteTable } from '../connect/quoting.ts'
import type { PublicationFacts, ServerFacts } from '../inspect/server-facts.ts'
import { publishAll, publishTables } from './publication-statement.ts'
import { tableNames } from './table-name.ts'

const MOST_TABLES_NAMED = 20

/** A table of the database and how the publication publishes it. */
export interface PublishedTable extends QualifiedName {
  /** A partitioned table: it has no rows of its own. */
  readonly isRoot: boolean
  /** Its rows are published under this name. */
  readonly published: boolean
  /** The tables under whose names its rows are published instead: its roots or its own partitions. */
  readonly carriers: readonly QualifiedName[]
  /** 15 and later: the published columns; empty for a table without columns; null on 14. */
  readonly columns: readonly string[] | null
  /** The numbers of `columns`, which a rename does not change, if the publication has a column list (15 and later); null: it has none. */
  readonly listed: readonly number[] | null
  readonly hasFilter: boolean
}

export interface PublicationInput {
  readonly config: PostgresqlConfig
  /** The role whose privileges apply to our statements. */
  readonly role: string
  readonly publication: PublicationFacts
  readonly tables: readonly PublishedTable[]
  readonly isWatched: (schema: string, table: string) => boolean
  /** The heartbeat table exists but is not in `tables`: no publication can include it. */
  readonly isHeartbeatUnlogged: boolean
}

/**
 * Uses the rows of the catalogs: a cast to `regclass` is refused if the user has no USAGE on the schema. `attnames` is NULL for a table
 * without columns, and 14 has no `attnames`.
 */
const tablesQuery = (publication: string) => `
  WITH published AS (
    SELECT to_jsonb(p) AS row, r.oid, jsonb_build_object('schema', p.schemaname, 'name', p.tablename) AS named FROM pg_catalog.pg_publication_tables p
      JOIN pg_catalog.pg_namespace s ON s.nspname = p.schemaname
      JOIN pg_catalog.pg_class r ON r.relnamespace = s.oid AND r.relname = p.tablename
    WHERE pubname = ${quoteLiteral(publication)})
  SELECT n.nspname::text AS schema, c.relname::text AS name, (c.relkind = 'p')::text AS is_root,
    (p.oid IS NOT NULL)::text AS published,
    CASE WHEN c.relispartition OR c.relkind = 'p' THEN (SELECT jsonb_agg(r.named ORDER BY r.named) FROM published r
      WHERE r.oid <> c.oid AND r.oid IN (SELECT a.relid FROM pg_catalog.pg_partition_ancestors(c.oid) a
        UNION SELECT t.relid FROM pg_catalog.pg_partition_tree(c.oid) t)) END::text AS carriers,
    CASE WHEN p.row ? 'attnames' THEN coalesce(nullif(p.row -> 'attnames', 'null'), '[]') END::text AS columns,
    CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        AND NOT (p.row -> 'attnames') ? a.attname::text)
      THEN (SELECT jsonb_agg(a.attnum ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND (p.row -> 'attnames') ? a.attname::text) END::text AS listed,
    (p.row ->> 'rowfilter' IS NOT NULL)::text AS has_filter
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN published p ON p.oid = c.oid
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  ORDER BY 1, 2`

export async function readTables(
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
    carriers: tableNames(row['carriers'] ?? '[]'),
    columns: columnNames(row['columns'] ?? null),
    listed: columnNumbers(row['listed'] ?? null),
    hasFilter: row['has_filter'] === 'true',
  }))
}

function columnNames(json: string | null): readonly string[] | null {
  const names: unknown = json === null ? null : JSON.parse(json)
  return Array.isArray(names) ? names.map(String) : null
}

function columnNumbers(json: string | null): readonly number[] | null {
  const numbers: unknown = json === null ? null : JSON.parse(json)
  return Array.isArray(numbers) ? numbers.map(Number) : null
}

/** The publication with its tables; null: it does not exist. */
export async function publishedOf(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  { publication }: ServerFacts,
  signal: AbortSignal,
): Promise<PublicationInput | null> {
  if (publication === null) return null
  const tables = await readTables(connection, config.publication, { signal })
  const isWatched = tableFilter(config.tables, config.exclude)
  return {
    config,
    role: connection.role,
    publication,
    tables,
    isWatched,
    isHeartbeatUnlogged:
      !tables.some((table) => isHeartbeat(config, table)) && (await isUnlogged(connection, config, signal)),
  }
}

async function isUnlogged(
  connection: PostgresConnection,
  { heartbeat }: PostgresqlConfig,
  signal: AbortSignal,
): Promise<boolean> {
  const rows = await connection.query(
    `SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p') AND c.relpersistence = 'u'`,
    [heartbeat.source.schema, heartbeat.source.table],
    { signal },
  )
  return rows.length > 0
}

/** Notices for a person who would otherwise wait for changes that can never come. */
export function checkPublished(input: PublicationInput): readonly NoticeEvent[] {
  return [
    ...unusedPatterns(input.config, input.tables, POSTGRESQL_DEFAULTS),
    ...unpublished(input),
    ...unwatchedCarriers(input),
    ...checkHeartbeat(input),
  ]
}

function notice(code: ErrorCode, details: JsonObject, fix: readonly Fix[]): NoticeEvent {
  return { type: 'notice', code, details, ...(fix.length === 0 ? {} : { fix }) }
}

/** The watched tables of which nothing is published, named as in a statement. */
export function unpublishedTables({
  config,
  tables,
  isWatched,
}: Pick<PublicationInput, 'config' | 'tables' | 'isWatched'>): readonly string[] {
  return tables
    .filter((table) => isWatched(table.schema, table.name) && !comes(table) && !isHeartbeat(config, table))
    .map(quoteTable)
}

function unpublished(input: PublicationInput): readonly NoticeEvent[] {
  const { config, publication } = input
  const missing = unpublishedTables(input)
  if (missing.length === 0) return []
  const names = missing.slice(0, MOST_TABLES_NAMED)
  const more = missing.length - names.length
  return [
    notice('POSTGRES_TABLE_NOT_PUBLISHED', { publication: config.publication, tables: names, count: missing.length }, [
      inDatabase(
        publishTables(config.publication, publication, names),
        PUBLISHER,
        more > 0 ? { note: `and ${more} more` } : {},
      ),
    ]),
  ]
}

/** Whether rows are published under this name or under the names of its partitions or its root. */
export function comes(table: PublishedTable): boolean {
  return table.published || table.carriers.length > 0
}

/** Watched tables whose rows are published under names that are not watched. */
function unwatchedCarriers({ config, tables, isWatched }: PublicationInput): readonly NoticeEvent[] {
  const isLost = ({ schema, name, published, carriers }: PublishedTable) =>
    !published &&
    carriers.length > 0 &&
    isWatched(schema, name) &&
    !carriers.some((by) => isWatched(by.schema, by.name))
  return tables.filter(isLost).map((table) => {
    const carriers = table.carriers.slice(0, MOST_TABLES_NAMED).map(quoteTable)
    const whose = table.isRoot ? 'its partitions' : 'the table that it is a partition of'
    return notice(
      'POSTGRES_PARTITION_NOT_WATCHED',
      {
        table: quoteTable(table),
        publication: config.publication,
        found: `its rows are published under the names of ${whose}, which \`tables\` does not match: ${carriers.join(', ')}`,
      },
      [
        inDatabase(
          `ALTER PUBLICATION ${quoteIdentifier(config.publication)} SET (publish_via_partition_root = ${table.isRoot})`,
          PUBLISHER,
        ),
        alternative(
          `add to \`tables\`: ${table.carriers
            .slice(0, MOST_TABLES_NAMED)
            .map(({ schema, name }) => tableEntry([schema, name]))
            .join(', ')}`,
        ),
      ],
    )
  })
}

function isHeartbeat(config: PostgresqlConfig, { schema, name }: PublishedTable): boolean {
  const { source } = config.heartbeat
  return source.schema === schema && source.table === name
}

/** Why the stream does not include the heartbeat table; empty: it does. */
export function checkHeartbeat(input: PublicationInput): readonly NoticeEvent[] {
  const { config, publication, tables } = input
  const { mode } = config.heartbeat.source
  if (mode === 'off' || mode === 'message') return []
  const table = tables.find((candidate) => isHeartbeat(config, candidate))
  const name = heartbeatTableName(config)
  const about = { table: name, publication: config.publication }
  const publish = inDatabase(publishTables(config.publication, publication, [name]), PUBLISHER)
  if (table === undefined && input.isHeartbeatUnlogged) {
    const found = 'the table is UNLOGGED, and a publication cannot include such a table'
    const logged = inDatabase(`ALTER TABLE ${name} SET LOGGED`, TABLE_OWNER)
    return [
      notice('POSTGRES_HEARTBEAT_NOT_PUBLISHED', { ...about, found }, [
        logged,
        ...(publication.allTables ? [] : [publish]),
      ]),
    ]
  }
  if (table === undefined) {
    return [notice('HEARTBEAT_TABLE_MISSING', { table: name }, tableFix(config, input.role, !publication.allTables))]
  }
  if (!table.published) {
    return [notice('POSTGRES_HEARTBEAT_NOT_PUBLISHED', about, [publish])]
  }
  if (!publication.updates) {
    const found = 'the publication does not publish updates'
    const all = inDatabase(publishAll(config.publication), PUBLISHER)
    return [notice('POSTGRES_HEARTBEAT_NOT_PUBLISHED', { ...about, found }, [all])]
  }
  return hidden(input, table, name)
}

function hidden({ config }: PublicationInput, table: PublishedTable, name: string): readonly NoticeEvent[] {
  const lacksText = table.columns !== null && !table.columns.includes('text')
  if (!lacksText && !table.hasFilter) return []
  const pub = quoteIdentifier(config.publication)
  return [
    notice(
      'POSTGRES_HEARTBEAT_HIDDEN',
      {
        table: name,
        publication: config.publication,
        found: lacksText ? 'a column list without the column text' : 'a row filter',
      },
      [
        inDatabase(`ALTER PUBLICATION ${pub} DROP TABLE ${name}`, PUBLISHER),
        inDatabase(`ALTER PUBLICATION ${pub} ADD TABLE ${name}`, PUBLISHER),
      ],
    ),
  ]
}
