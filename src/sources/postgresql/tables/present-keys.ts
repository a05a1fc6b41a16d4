import { quoteLiteral } from '../connect/quoting.ts'
import { LSN_POSITIONS, lsnToBigint } from '../position.ts'
import type { LogMemory } from '../read/log-memory.ts'
import type { CatalogQuery } from './catalog.ts'

/*
 * A key that the log does not have is known only as long as the catalog has it. So it is remembered before the first row of its table is
 * read. The catalog has the key as it is now; rows that are still to come may be older than it. The rule:
 *
 *   A key in the catalog is that of every row after a position if it was last changed by a transaction that had ended before that position.
 *
 * Transactions that had ended are recognized by a bound: they have a smaller id than it. There are three bounds:
 *
 *   - Of a slot that we create: the oldest running transaction just before. It is stored with the first offset, as `since`, before anything
 *     else happens. So a run that ends there leaves to the next one what it knew itself. The keys follow in the next offset.
 *   - Of any other slot: its `catalog_xmin`. It can be much older than the position, as a new slot starts with that of the other slots.
 *     The keys of tables that were changed in between are not known by it.
 *   - From now on: the oldest running transaction now, with the end of the log as it is after that. The keys are known once the stream has
 *     passed that position. Not on a standby, which does not report a position that is certainly after these transactions.
 */

const MOST_TABLES = 1000

const OLDEST_RUNNING =
  'SELECT (pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text::numeric % 4294967296)::text AS xid'

/** Null on a standby. */
const END_OF_LOG =
  'SELECT (CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL ELSE pg_catalog.pg_current_wal_insert_lsn() END)::text AS lsn'

/*
 * The published tables whose key is not in the log and which have not been changed since `later`, or `since`. A transaction id outside the
 * range assigned since then is older.
 */
const KEYS_SQL = (publication: string, { since, later }: { readonly since: string; readonly later: string | null }) => `
  WITH bound AS (SELECT (${since})::bigint AS since, (${later ?? since})::bigint AS later,
    (pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::numeric % 4294967296)::bigint AS next)
  SELECT c.oid::text AS oid, n.nspname::text AS schema, c.relname::text AS name,
    (SELECT pg_catalog.jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      AND CASE WHEN pg_catalog.jsonb_typeof(pg_catalog.to_jsonb(p) -> 'attnames') = 'array' THEN pg_catalog.to_jsonb(p) -> 'attnames' ? a.attname::text
        ELSE true END
      AND (a.attgenerated = '' OR current_setting('server_version_num')::int >= 180000))::text AS columns,
    (SELECT pg_catalog.jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a
      ON a.attrelid = i.indrelid AND a.attnum = ANY ((i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1])
      WHERE i.indrelid = c.oid AND i.indisprimary)::text AS key,
    u.since::text AS since
  FROM bound CROSS JOIN pg_catalog.pg_publication_tables p
  JOIN pg_catalog.pg_namespace n ON n.nspname = p.schemaname JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename
  CROSS JOIN LATERAL (SELECT ${unchangedSince('since')} AS since, ${unchangedSince('later')} AS later FROM (
    SELECT a.xmin::text::bigint AS by FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
    UNION ALL SELECT i.xmin::text::bigint FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary) h) u
  WHERE p.pubname = ${quoteLiteral(publication)} AND c.relreplident IN ('f', 'n') AND (u.since OR u.later)
  ORDER BY u.since DESC LIMIT ${MOST_TABLES}`

function unchangedSince(bound: 'since' | 'later'): string {
  return `bound.${bound} IS NOT NULL AND coalesce(
      bool_and((h.by - bound.${bound} + 4294967296) % 4294967296 >= (bound.next - bound.${bound} + 4294967296) % 4294967296), true)`
}

export interface KeysAbout {
  readonly publication: string
  readonly slot: string
  readonly isWatched: (schema: string, table: string) => boolean
}

/** A key as it is in the catalog. */
interface PresentKey {
  readonly oid: number
  readonly columns: readonly { readonly name: string }[]
  /** null: it has columns that the log does not have. */
  readonly names: readonly string[] | null
}

/** Keys of rows after a position that the stream has not reached yet. */
export interface KeysLater {
  readonly after: bigint
  /** Call it once everything that was committed before `after` has been read, and before anything else is. */
  remember(memory: LogMemory): void
}

/** Remembers the keys of all rows to come, so that they are known whenever the rows are read, and forgets `since`. */
export async function rememberPresentKeys(query: CatalogQuery, about: KeysAbout, memory: LogMemory): Promise<void> {
  const rows = await query(KEYS_SQL(about.publication, { since: boundOf(about, memory), later: null }), [])
  rememberEach(keysIn(rows, about), memory)
  memory.since = null
}

/** The same, and returns the keys that are valid from now on; null: there are none, or they are not known. */
export async function rememberKeysFromNow(
  query: CatalogQuery,
  about: KeysAbout,
  memory: LogMemory,
): Promise<KeysLater | null> {
  const later = await oldestRunning(query)
  const [end] = await query(END_OF_LOG, [])
  const lsn = end?.['lsn'] ?? null
  const since = boundOf(about, memory)
  const rows = await query(KEYS_SQL(about.publication, { since, later: lsn === null ? null : later }), [])
  rememberEach(
    keysIn(
      rows.filter((row) => row['since'] === 'true'),
      about,
    ),
    memory,
  )
  memory.since = null
  const keys = keysIn(rows, about).filter(({ oid }) => memory.key(oid) === undefined)
  if (lsn === null || keys.length === 0) return null
  return {
    after: lsnToBigint(LSN_POSITIONS.parse(lsn)),
    remember: (into) => rememberEach(keys, into),
  }
}

/** Every transaction with a smaller id has ended. */
export async function oldestRunning(query: CatalogQuery): Promise<string> {
  const [row] = await query(OLDEST_RUNNING, [])
  return row?.['xid'] ?? '0'
}

type Row = { readonly [column: string]: string | null }

function boundOf({ slot }: KeysAbout, { since }: LogMemory): string {
  if (since !== null) return String(Number(since))
  return `SELECT catalog_xmin::text FROM pg_catalog.pg_replication_slots WHERE slot_name = ${quoteLiteral(slot)}`
}

function keysIn(rows: readonly Row[], { isWatched }: KeysAbout): PresentKey[] {
  return rows.flatMap((row) => {
    if (!isWatched(row['schema'] ?? '', row['name'] ?? '')) return []
    const columns = names(row['columns'])
    const key = names(row['key'])
    const isWhole = key.every((column) => columns.includes(column))
    return [{ oid: Number(row['oid']), columns: columns.map((name) => ({ name })), names: isWhole ? key : null }]
  })
}

function rememberEach(keys: readonly PresentKey[], memory: LogMemory): void {
  for (const { oid, columns, names } of keys) {
    if (memory.key(oid) === undefined) memory.keepKey({ oid, columns }, names)
  }
}

function names(json: string | null | undefined): string[] {
  const value: unknown = JSON.parse(json ?? '[]')
  return Array.isArray(value) ? value.map(String) : []
}
