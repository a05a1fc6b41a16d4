import type { StatementOptions } from '../../../connect/session-life.ts'
import { text } from '../../../connect/text-row.ts'
import type { PostgresConnection } from '../../connect/connection.ts'
import { type QualifiedName, quoteLiteral } from '../../connect/quoting.ts'

/** A published table whose messages have no key, or a key that consumers cannot rely on. */
export interface KeyDefect extends QualifiedName {
  readonly kind: 'incomplete' | 'partition' | 'deferrable'
  /** e.g. 'its key has the columns code, which the publication leaves out'. */
  readonly found: string
  readonly fix: string
}

const COLUMNS = '(i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1]'
/** Selects the key of a table's messages. */
const KEY = "CASE t.relreplident WHEN 'i' THEN i.indisreplident ELSE i.indisprimary END"
const NAMES = (of: string) =>
  `(SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_catalog.pg_attribute a WHERE a.attrelid = ${of}.oid AND a.attnum = ANY (${of}.key))`

/** `listed`: the publication has a column list for the table (15 and later). */
const PUBLISHED = (publication: string) => `
  published AS (
    SELECT t.oid, t.relreplident, t.relkind, n.nspname AS schema, t.relname AS name, to_jsonb(p) -> 'attnames' AS logged,
      (SELECT ${COLUMNS} FROM pg_catalog.pg_index i WHERE i.indrelid = t.oid AND ${KEY}) AS key,
      EXISTS (SELECT FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication u ON u.oid = r.prpubid
        WHERE u.pubname = p.pubname AND r.prrelid = t.oid AND to_jsonb(r) -> 'prattrs' <> 'null') AS listed
    FROM pg_catalog.pg_publication_tables p JOIN pg_catalog.pg_namespace n ON n.nspname = p.schemaname
    JOIN pg_catalog.pg_class t ON t.relnamespace = n.oid AND t.relname = p.tablename
    WHERE p.pubname = ${quoteLiteral(publication)})`

/** Before 18, a generated column is never in the log, though 15 lists it among the published columns. */
const IS_LOGGED = `((jsonb_typeof(p.logged) IS DISTINCT FROM 'array' OR p.logged ? a.attname::text)
  AND (a.attgenerated = '' OR current_setting('server_version_num')::int >= 180000))`

/** A unique index that can be the replica identity and whose columns are in the log. */
const OTHER_INDEX = `(SELECT x.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
  WHERE i.indrelid = p.oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = p.oid AND a.attnum = ANY (${COLUMNS}) AND NOT (a.attnotnull AND ${IS_LOGGED}))
  ORDER BY i.indnkeyatts, x.relname LIMIT 1)`

const incomplete = (publication: string) => `
  SELECT 'incomplete' AS kind, p.schema, p.name,
    pg_catalog.format('its key has columns that the publication leaves out: %s', m.names) AS found,
    CASE WHEN p.listed THEN pg_catalog.format('BEGIN; ALTER PUBLICATION %1$I DROP TABLE %2$I.%3$I; ALTER PUBLICATION %1$I ADD TABLE %2$I.%3$I; COMMIT', ${publication}, p.schema, p.name)
      WHEN current_setting('server_version_num')::int >= 180000
        THEN pg_catalog.format('ALTER PUBLICATION %I SET (publish_generated_columns = stored)', ${publication})
      WHEN o.name IS NOT NULL THEN pg_catalog.format('ALTER TABLE %I.%I REPLICA IDENTITY USING INDEX %I', p.schema, p.name, o.name)
      WHEN p.relreplident <> 'f' THEN pg_catalog.format('ALTER TABLE %I.%I REPLICA IDENTITY FULL', p.schema, p.name) END AS fix
  FROM published p
  CROSS JOIN LATERAL (SELECT pg_catalog.string_agg(a.attname, ', ' ORDER BY a.attnum) AS names FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = p.oid AND a.attnum = ANY (p.key) AND NOT ${IS_LOGGED}) m
  CROSS JOIN LATERAL (SELECT ${OTHER_INDEX} AS name) o
  WHERE m.names IS NOT NULL`

/** Partitions that log old rows differently from the root under whose name the rows come. */
const PARTITIONS = `
  , leaf AS (
    SELECT t.oid, t.relreplident, n.nspname AS schema, t.relname AS name, p.oid AS root, p.schema AS root_schema, p.name AS root_name,
      p.relreplident AS root_identity, ${NAMES('p')} AS root_key,
      (SELECT ${COLUMNS} FROM pg_catalog.pg_index i WHERE i.indrelid = t.oid AND ${KEY}) AS key,
      (SELECT ${COLUMNS} FROM pg_catalog.pg_index i WHERE i.indrelid = t.oid AND i.indisprimary AND i.indimmediate) AS primary_key
    FROM published p CROSS JOIN LATERAL pg_catalog.pg_partition_tree(p.oid) r
    JOIN pg_catalog.pg_class t ON t.oid = r.relid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
    WHERE p.relkind = 'p' AND t.relkind = 'r' AND t.relreplident <> 'n'),
  judged AS (
    SELECT l.*, l.relreplident <> 'f' AND NOT coalesce(${NAMES('l')} @> l.root_key, l.root_key IS NULL) AS lacks_key,
      (l.relreplident = 'f') <> (l.root_identity = 'f')
        AND EXISTS (SELECT FROM leaf o WHERE o.root = l.root AND (o.relreplident = 'f') <> (l.relreplident = 'f')) AS mixed,
      (SELECT array_agg(a.attname::text) FROM pg_catalog.pg_attribute a WHERE a.attrelid = l.oid AND a.attnum = ANY (l.primary_key)) @> l.root_key AS has_key
    FROM leaf l)`

const MISMATCHED = `
  SELECT 'partition' AS kind, j.schema, j.name,
    CASE WHEN j.lacks_key THEN pg_catalog.format('its replica identity does not include the key of %I.%I', j.root_schema, j.root_name)
      ELSE pg_catalog.format('its replica identity differs from that of %I.%I, so a NULL cannot be distinguished from a column that was not logged', j.root_schema, j.root_name)
    END AS found,
    pg_catalog.format('ALTER TABLE %I.%I REPLICA IDENTITY %s', j.schema, j.name,
      CASE WHEN j.root_identity <> 'f' AND j.has_key THEN 'DEFAULT' ELSE 'FULL' END) AS fix
  FROM judged j WHERE j.lacks_key OR j.mixed`

/**
 * Only with REPLICA IDENTITY FULL: with any other identity the server refuses updates. A partition's key is that of the parent table that
 * declares it.
 */
const DEFERRABLE = `
  SELECT 'deferrable' AS kind, p.schema, p.name, 'its primary key is deferrable' AS found,
    pg_catalog.format('ALTER TABLE %I.%I DROP CONSTRAINT %3$I, ADD CONSTRAINT %3$I %4$s', n.nspname, t.relname, d.conname,
      pg_catalog.regexp_replace(pg_catalog.pg_get_constraintdef(d.oid), ' DEFERRABLE( INITIALLY DEFERRED)?$', '')) AS fix
  FROM published p CROSS JOIN LATERAL (
    WITH RECURSIVE above AS (
      SELECT c.oid, c.conparentid, c.conrelid, c.conname FROM pg_catalog.pg_constraint c
      WHERE c.conrelid = p.oid AND c.contype = 'p' AND c.condeferrable
      UNION ALL SELECT c.oid, c.conparentid, c.conrelid, c.conname FROM pg_catalog.pg_constraint c JOIN above ON c.oid = above.conparentid)
    SELECT oid, conrelid, conname FROM above WHERE conparentid = 0) d
  JOIN pg_catalog.pg_class t ON t.oid = d.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
  WHERE p.relreplident = 'f'`

export async function readKeys(
  connection: Pick<PostgresConnection, 'query'>,
  publication: string,
  options: StatementOptions,
): Promise<readonly KeyDefect[]> {
  const rows = await connection.query(
    `WITH ${PUBLISHED(publication)}${PARTITIONS}
     SELECT kind, schema::text, name::text, found, fix FROM (${incomplete(`${quoteLiteral(publication)}::text`)}
       UNION ALL ${MISMATCHED} UNION ALL ${DEFERRABLE}) defects
     WHERE fix IS NOT NULL ORDER BY 1, 2, 3`,
    [],
    options,
  )
  return rows.map((row) => ({
    kind: kindOf(row['kind']),
    schema: text(row, 'schema'),
    name: text(row, 'name'),
    found: text(row, 'found'),
    fix: text(row, 'fix'),
  }))
}

function kindOf(kind: string | null | undefined): KeyDefect['kind'] {
  return kind === 'partition' || kind === 'deferrable' ? kind : 'incomplete'
}
