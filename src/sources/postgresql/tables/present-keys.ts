import { quoteLiteral } from '../connect/quoting.ts'
import type { LogMemory } from '../read/log-memory.ts'
import type { CatalogQuery } from './catalog.ts'

const MOST_TABLES = 1000

/*
 * The published tables whose key is not in the log and which have not changed since `since`. Every transaction before `since` had ended
 * when the log that the slot still has to send was written. A transaction id outside the range assigned since then is older.
 */
const KEYS_SQL = (publication: string, since: string) => `
  WITH since AS (SELECT xmin, (pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::numeric % 4294967296)::bigint AS next
    FROM (${since}) s WHERE xmin IS NOT NULL),
  changed AS (
    SELECT c.oid, a.xmin::text::bigint AS by FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    UNION ALL SELECT i.indrelid, i.xmin::text::bigint FROM pg_catalog.pg_index i WHERE i.indisprimary)
  SELECT c.oid::text AS oid, n.nspname::text AS schema, c.relname::text AS name,
    (SELECT pg_catalog.jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      AND CASE WHEN pg_catalog.jsonb_typeof(pg_catalog.to_jsonb(p) -> 'attnames') = 'array' THEN pg_catalog.to_jsonb(p) -> 'attnames' ? a.attname::text
        ELSE true END
      AND (a.attgenerated = '' OR current_setting('server_version_num')::int >= 180000))::text AS columns,
    (SELECT pg_catalog.jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a
      ON a.attrelid = i.indrelid AND a.attnum = ANY ((i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1])
      WHERE i.indrelid = c.oid AND i.indisprimary)::text AS key
  FROM since CROSS JOIN pg_catalog.pg_publication_tables p
  JOIN pg_catalog.pg_namespace n ON n.nspname = p.schemaname JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename
  WHERE p.pubname = ${quoteLiteral(publication)} AND c.relreplident IN ('f', 'n')
    AND NOT EXISTS (SELECT FROM changed h WHERE h.oid = c.oid
      AND (h.by - since.xmin + 4294967296) % 4294967296 < (since.next - since.xmin + 4294967296) % 4294967296)
  LIMIT ${MOST_TABLES}`

/** Remembers those keys in the catalog that are valid for all rows to come, so that they are known whenever the rows are read. */
export async function rememberPresentKeys(
  query: CatalogQuery,
  about: {
    readonly publication: string
    readonly slot: string
    /** For a slot that was just created: what `oldestRunning` returned before. null: the slot's `catalog_xmin` is used. */
    readonly since: string | null
    readonly isWatched: (schema: string, table: string) => boolean
  },
  memory: LogMemory,
): Promise<void> {
  const since = about.since === null ? ofSlot(about.slot) : `SELECT ${Number(about.since)} AS xmin`
  for (const row of await query(KEYS_SQL(about.publication, since), [])) {
    const [schema, name] = [row['schema'] ?? '', row['name'] ?? '']
    const oid = Number(row['oid'])
    const columns = names(row['columns'])
    const key = names(row['key'])
    const isWhole = key.every((column) => columns.includes(column))
    if (memory.key(oid) !== undefined || !about.isWatched(schema, name)) continue
    memory.keepKey({ oid, columns: columns.map((column) => ({ name: column })) }, isWhole ? key : null)
  }
}

/** Every transaction with a smaller id has ended. */
export async function oldestRunning(query: CatalogQuery): Promise<string> {
  const [row] = await query(
    'SELECT (pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text::numeric % 4294967296)::text AS xid',
    [],
  )
  return row?.['xid'] ?? '0'
}

/** The slot's `catalog_xmin` can be much older: a new slot starts with that of the other slots. */
function ofSlot(slot: string): string {
  return `SELECT catalog_xmin::text::bigint AS xmin FROM pg_catalog.pg_replication_slots WHERE slot_name = ${quoteLiteral(slot)}`
}

function names(json: string | null | undefined): string[] {
  const value: unknown = JSON.parse(json ?? '[]')
  return Array.isArray(value) ? value.map(String) : []
}
