import type { StatementOptions } from '../../connect/session-life.ts'
import { text } from '../../connect/text-row.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { type QualifiedName, quoteLiteral } from '../connect/quoting.ts'
import { tableNames } from './table-name.ts'

/*
 * Once a publication publishes updates or deletes of a table, the server refuses them unless the log can identify the row. It checks the
 * table that stores the row: a partition, not its root (CheckCmdReplicaIdentity and RelationBuildPublicationDesc in its source). Only this
 * file repeats that check; setup, `doctor --fix` and the checks all use it.
 */

/** Why the server refuses updates and deletes of a table that is published, or would be. */
export interface ChangeRefusal {
  /** e.g. 'it has no primary key'. */
  readonly found: string
  /** The statement after which the server accepts them; null: no single statement is enough. */
  readonly fix: string | null
}

/**
 * A table with rows of its own whose changes are refused. `publishedWith`: the tables whose publication includes this table: itself, its
 * roots and the tables that it inherits from.
 */
export interface RefusingTable extends QualifiedName {
  readonly refusal: ChangeRefusal
  readonly publishedWith: readonly QualifiedName[]
}

/**
 * The publication as it is, or as CREATE PUBLICATION would create it. From 18 on, a key with a generated column counts only if that column
 * is published. `generated` is null before 18.
 */
const settingsOf = (publication: string) => `(SELECT p.oid, coalesce(p.pubupdate OR p.pubdelete, true) AS changes,
    coalesce(p.pubviaroot, false) AS via_root,
    CASE WHEN current_setting('server_version_num')::int >= 180000 THEN coalesce(to_jsonb(p) ->> 'pubgencols', 'n') END AS generated
  FROM (VALUES (1)) one LEFT JOIN pg_catalog.pg_publication p ON p.pubname = ${quoteLiteral(publication)})`

/**
 * The table's own entry in the publication, with its column list and row filter (15 and later). For a partition, the entry of its topmost
 * root.
 */
const ENTRY = `(SELECT pr.prrelid, nullif(to_jsonb(pr) -> 'prattrs', 'null') AS listed, to_jsonb(pr) ->> 'prqual' AS filter
  FROM pg_catalog.pg_publication_rel pr
  WHERE pr.prpubid = s.oid AND (pr.prrelid = l.oid
    OR s.via_root AND pr.prrelid IN (SELECT a.relid FROM pg_catalog.pg_partition_ancestors(l.oid) a))
  ORDER BY (SELECT count(*) FROM pg_catalog.pg_partition_ancestors(pr.prrelid)) LIMIT 1)`

/** An index that the server accepts as a replica identity. A deferrable, partial or invalid index does not count. */
const USABLE =
  'i.indrelid = l.oid AND i.indislive AND i.indisvalid AND i.indisunique AND i.indimmediate AND i.indpred IS NULL'
const COLUMNS = '(i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1]'

/** `listed` and the filter contain the root's column numbers, so columns are compared by name. */
const notAmong = (
  numbers: string,
) => `EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = l.oid AND a.attnum = ANY (k.columns)
    AND NOT EXISTS (SELECT FROM ${numbers} of JOIN pg_catalog.pg_attribute b ON b.attrelid = e.prrelid AND b.attnum = of::int WHERE b.attname = a.attname))`

const FILTER_OUTSIDE = `EXISTS (SELECT FROM pg_catalog.regexp_matches(e.filter, ':varattno (\\d+)', 'g') v
    JOIN pg_catalog.pg_attribute b ON b.attrelid = e.prrelid AND b.attnum = v[1]::int
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = l.oid AND a.attname = b.attname AND a.attnum = ANY (k.columns)))`

/** Generated columns that the log does not have. A virtual one is never published. */
const unpublished = (and: string) => `s.generated IS NOT NULL AND EXISTS (SELECT FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = l.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> ''
      AND NOT (a.attgenerated = 's' AND s.generated = 's') AND ${and})`

const GENERATED_IN_KEY = `e.listed IS NULL AND ${unpublished('a.attnum = ANY (k.columns)')}`
const GENERATED_AT_ALL = unpublished('true')
const VIRTUAL_AT_ALL = unpublished("a.attgenerated = 'v'")

const FOUND = `CASE
  WHEN l.relreplident = 'n' THEN 'its replica identity is NOTHING'
  WHEN l.relreplident = 'i' AND k.columns IS NULL THEN 'the index of its replica identity was dropped, or cannot be used'
  WHEN l.relreplident = 'd' AND k.columns IS NULL AND EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = l.oid AND i.indisprimary)
    THEN 'its primary key is deferrable, or its index cannot be used'
  WHEN l.relreplident = 'd' AND k.columns IS NULL THEN 'it has no primary key'
  WHEN l.relreplident = 'f' AND e.listed IS NOT NULL THEN 'its replica identity is FULL, which a column list does not allow'
  WHEN l.relreplident = 'f' AND ${GENERATED_AT_ALL} THEN 'its replica identity is FULL, and the publication leaves out its generated columns'
  WHEN l.relreplident <> 'f' AND e.listed IS NOT NULL AND ${notAmong('pg_catalog.jsonb_array_elements_text(e.listed)')}
    THEN 'the column list leaves out columns of its key'
  WHEN l.relreplident <> 'f' AND ${GENERATED_IN_KEY} THEN 'its key has a generated column that the publication leaves out'
  WHEN l.relreplident <> 'f' AND e.filter IS NOT NULL AND ${FILTER_OUTSIDE} THEN 'the row filter uses columns outside its key'
END`

/** The table has a primary key that would be accepted as the identity. */
const KEY_WOULD_DO = `EXISTS (SELECT FROM pg_catalog.pg_index i, LATERAL (SELECT ${COLUMNS} AS columns) k WHERE ${USABLE} AND i.indisprimary
    AND NOT (${GENERATED_IN_KEY})
    AND NOT (e.listed IS NOT NULL AND ${notAmong('pg_catalog.jsonb_array_elements_text(e.listed)')})
    AND NOT (e.filter IS NOT NULL AND ${FILTER_OUTSIDE}))`

const fixOf = (publication: string) => `CASE
  WHEN l.relreplident <> 'd' AND ${KEY_WOULD_DO}
    THEN pg_catalog.format('ALTER TABLE %I.%I REPLICA IDENTITY DEFAULT', n.nspname, l.relname)
  WHEN l.relreplident <> 'f' AND e.listed IS NULL AND NOT (${GENERATED_AT_ALL})
    THEN pg_catalog.format('ALTER TABLE %I.%I REPLICA IDENTITY FULL', n.nspname, l.relname)
  WHEN s.oid IS NOT NULL AND NOT (${VIRTUAL_AT_ALL}) AND (${GENERATED_IN_KEY} AND NOT (e.filter IS NOT NULL AND ${FILTER_OUTSIDE})
      OR l.relreplident = 'f' AND e.listed IS NULL AND ${GENERATED_AT_ALL})
    THEN pg_catalog.format('ALTER PUBLICATION %I SET (publish_generated_columns = stored)', ${quoteLiteral(publication)}::pg_catalog.text)
END`

/**
 * A subquery: the tables of the database whose changes the server refuses once they are published, as `oid`, `schema`, `name`, `found` and
 * `fix`. They need not be published now.
 */
export function refusingTables(publication: string): string {
  return `(SELECT l.oid, n.nspname AS schema, l.relname AS name, r.found, ${fixOf(publication)} AS fix
  FROM pg_catalog.pg_class l JOIN pg_catalog.pg_namespace n ON n.oid = l.relnamespace
  CROSS JOIN ${settingsOf(publication)} s
  LEFT JOIN LATERAL ${ENTRY} e ON true
  LEFT JOIN LATERAL (SELECT ${COLUMNS} AS columns FROM pg_catalog.pg_index i
    WHERE ${USABLE} AND CASE l.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident END) k ON true
  CROSS JOIN LATERAL (SELECT ${FOUND} AS found) r
  WHERE l.relkind = 'r' AND l.relpersistence = 'p' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND s.changes AND r.found IS NOT NULL)`
}

/** A subquery: the tables that publish the table `oid` too when they are published, including itself, as `oid`. */
export function publishedWith(oid: string): string {
  return `(WITH RECURSIVE above (oid) AS (SELECT ${oid} UNION
    SELECT h.inhparent FROM above JOIN pg_catalog.pg_inherits h ON h.inhrelid = above.oid) SELECT above.oid FROM above)`
}

export async function readRefusals(
  connection: PostgresConnection,
  publication: string,
  options: StatementOptions,
): Promise<readonly RefusingTable[]> {
  const rows = await connection.query(
    `SELECT r.schema::text, r.name::text, r.found, r.fix, (SELECT jsonb_agg(jsonb_build_object('schema', n.nspname, 'name', c.relname))
       FROM ${publishedWith('r.oid')} w JOIN pg_catalog.pg_class c ON c.oid = w.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace)::text AS with
     FROM ${refusingTables(publication)} r ORDER BY 1, 2`,
    [],
    options,
  )
  return rows.map((row) => ({
    schema: text(row, 'schema'),
    name: text(row, 'name'),
    refusal: { found: text(row, 'found'), fix: row['fix'] ?? null },
    publishedWith: tableNames(text(row, 'with')),
  }))
}
