import type { StatementOptions } from '../../connect/session-life.ts'
import { numberOf, type TextRow, text } from '../../connect/text-row.ts'
import type { RowFacts } from '../../heartbeat/facts.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { quoteLiteral } from '../connect/quoting.ts'
import { sqlstateOf } from '../errors/sqlstate.ts'
import { type HeartbeatObstacles, readObstacles } from './heartbeat-obstacle.ts'
import { heartbeatTableName } from './heartbeat-table.ts'

const PRIVILEGES = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const
const LOCK_NOT_AVAILABLE = '55P03'
type Privilege = (typeof PRIVILEGES)[number]

export interface HeartbeatTable {
  /** null: no such schema. */
  readonly schema: { readonly usage: boolean } | null
  /** null: no table of this name in the schema. */
  readonly table: {
    readonly lacks: readonly Privilege[]
    /** The names of the columns that a heartbeat needs and the table does not have. */
    readonly lacksColumns: readonly string[]
    /** Indexes other than the primary key, named as in a statement, each with the statement that drops it. */
    readonly indexes: readonly { readonly name: string; readonly drop: string }[]
  } | null
  /** Other schemas of the database with a table of this name. */
  readonly elsewhere: readonly string[]
  /** null: the table does not exist, we have no privilege to read it, or it is locked. */
  readonly row: RowFacts | null
  /** Another session locks the table or waits for a lock on it, so its rows could not be read. */
  readonly locked: boolean
  /** null: the table does not exist. */
  readonly obstacles: HeartbeatObstacles | null
}

/** Reads the catalogs, which every role can read, and the row itself if we are allowed to. */
export async function readHeartbeatFacts(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  options: StatementOptions,
): Promise<HeartbeatTable> {
  const { schema, table } = config.heartbeat.source
  const [found] = await connection.query(
    `SELECT has_schema_privilege(oid, 'USAGE')::text AS usage FROM pg_catalog.pg_namespace WHERE nspname = ${quoteLiteral(schema)}`,
    [],
    options,
  )
  const named = await connection.query(
    `SELECT c.oid::text, n.nspname::text AS schema,
       ${PRIVILEGES.map((name) => `has_table_privilege(c.oid, '${name}')::text AS ${name.toLowerCase()}`).join(', ')}
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relname = ${quoteLiteral(table)} AND c.relkind IN ('r', 'p') ORDER BY 2`,
    [],
    options,
  )
  const ours = named.find((row) => row['schema'] === schema)
  const parts = ours === undefined ? null : await partsOf(connection, ours, options)
  const readable = found?.['usage'] === 'true' && parts !== null && !parts.lacks.includes('SELECT')
  const row = readable && parts.lacksColumns.length === 0 ? await unlockedRowOf(connection, config, options) : null
  return {
    schema: found === undefined ? null : { usage: found['usage'] === 'true' },
    table: parts,
    elsewhere: named.filter((each) => each !== ours).map((each) => text(each, 'schema')),
    row: row === 'locked' ? null : row,
    locked: row === 'locked',
    obstacles: parts === null ? null : await readObstacles(connection, config, options),
  }
}

async function partsOf(
  connection: PostgresConnection,
  row: TextRow,
  options: StatementOptions,
): Promise<NonNullable<HeartbeatTable['table']>> {
  const oid = text(row, 'oid')
  const columns = await connection.query(
    `SELECT attname::text AS name FROM pg_catalog.pg_attribute WHERE attrelid = ${oid} AND attnum > 0 AND NOT attisdropped`,
    [],
    options,
  )
  const indexes = await connection.query(
    `SELECT format('%I.%I', n.nspname, i.relname) AS name,
       coalesce((SELECT format('ALTER TABLE %I.%I DROP CONSTRAINT %I', n.nspname, t.relname, k.conname)
         FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid = k.conrelid
         WHERE k.conindid = i.oid AND k.conrelid = ${oid} LIMIT 1), format('DROP INDEX %I.%I', n.nspname, i.relname)) AS drop
     FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
       JOIN pg_catalog.pg_namespace n ON n.oid = i.relnamespace
     WHERE x.indrelid = ${oid} AND NOT x.indisprimary ORDER BY 1`,
    [],
    options,
  )
  const names = columns.map((column) => column['name'])
  return {
    lacks: PRIVILEGES.filter((name) => row[name.toLowerCase()] !== 'true'),
    lacksColumns: ['id', 'text', 'last_update'].filter((name) => !names.includes(name)),
    indexes: indexes.map((index) => ({ name: text(index, 'name'), drop: text(index, 'drop') })),
  }
}

const RESET_LOCK_TIMEOUT = `SELECT set_config('lock_timeout', reset_val, false) FROM pg_catalog.pg_settings WHERE name = 'lock_timeout'`

/** Without a lock timeout, a lock on the whole table would hold up the inspection, whose other findings do not depend on the row. */
async function unlockedRowOf(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  options: StatementOptions,
): Promise<RowFacts | 'locked'> {
  await connection.query("SELECT set_config('lock_timeout', '2s', false)", [], options)
  try {
    return await rowOf(connection, config, options)
  } catch (error) {
    if (sqlstateOf(error) === LOCK_NOT_AVAILABLE) return 'locked'
    throw error
  } finally {
    if (connection.isOpen) await connection.query(RESET_LOCK_TIMEOUT, [], options)
  }
}

async function rowOf(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  options: StatementOptions,
): Promise<RowFacts> {
  const [row] = await connection.query(
    `SELECT ${millisecondsSince('last_update::timestamptz')} AS age,
       CASE WHEN current_setting('track_commit_timestamp') = 'on' AND NOT pg_is_in_recovery()
         THEN (${millisecondsSince('pg_xact_commit_timestamp(xmin)')}) END AS committed,
       (pg_is_in_recovery() OR EXISTS (SELECT FROM pg_catalog.pg_db_role_setting s, unnest(s.setconfig) c
         WHERE c ILIKE 'timezone=%'))::text AS other_zones,
       CASE WHEN text::text LIKE 'offbeat:%' OR pg_catalog.pg_stat_get_tuples_updated(tableoid) > 0 THEN true
         WHEN NOT pg_is_in_recovery() THEN false END::text AS updated
     FROM ${heartbeatTableName(config)} WHERE id = 1 LIMIT 1`,
    [],
    options,
  )
  const updated = row?.['updated'] ?? null
  return {
    first: row !== undefined,
    ageMs: numberOf(row, 'age'),
    committedAgoMs: numberOf(row, 'committed'),
    otherZones: row?.['other_zones'] === 'true',
    updated: updated === null ? null : updated === 'true',
  }
}

/**
 * NULL if the time is infinity, which is no number of milliseconds. A timestamp column accepts infinity, and so does a replication origin's
 * commit time.
 */
function millisecondsSince(time: string): string {
  return `CASE WHEN isfinite(${time}) THEN round(extract(epoch FROM clock_timestamp() - ${time}) * 1000)::bigint END::text`
}
