import { type TextRow, text } from '../../connect/text-row.ts'
import type { Context } from '../../source.ts'
import type { Survey } from '../../survey.ts'
import { tableEntry } from '../../table-pattern.ts'
import type { PostgresqlConfig } from '../config.ts'
import { connectPostgres, type PostgresConnection } from '../connect/connection.ts'
import { tryReplication } from '../connect/replication-trial.ts'
import { freeSlotName } from '../resume/slot-name.ts'
import { CAN_DECODE, tooOld } from './server-facts.ts'

/** Inspects the database once. Writes nothing. */
export async function surveyDatabase(
  config: PostgresqlConfig,
  context: Context,
  signal: AbortSignal = new AbortController().signal,
): Promise<Survey> {
  const about = { source: context.source, use: 'inspect' as const, signal }
  await using connection = await connectPostgres(config, about)
  const replication = await tryReplication(config, connection.target, context.source, signal)
  // `init` often runs as an administrator, not as the user that will replicate.
  if (replication?.code === 'POSTGRES_POOLER') throw replication
  const [server = {}] = await connection.query(SERVER, [], { signal })
  const version = text(server, 'version')
  return {
    server: `PostgreSQL ${version}`,
    readOnly: server['standby'] === 'true' || server['read_only'] === 'on',
    administrator: server['administrator'] === 'true',
    tables: await tableNames(connection, config, signal),
    changesPerSecond: rateOf(server),
    scheduler: server['scheduler'] === 'true',
    heartbeat: await hasHeartbeat(connection, config, signal),
    settings: await slotSetting(connection, config, signal),
    remarks: remarksOf(server),
  }
}

const SERVER = `
  SELECT current_setting('server_version') AS version, current_setting('server_version_num') AS version_num,
    pg_is_in_recovery()::text AS standby, (SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'default_transaction_read_only') AS read_only,
    current_setting('wal_level') AS wal_level, (${CAN_DECODE})::text AS can_decode,
    (SELECT (rolsuper OR rolcreaterole)::text FROM pg_catalog.pg_roles WHERE rolname = session_user) AS administrator,
    (SELECT (count(*) > 0)::text FROM pg_catalog.pg_available_extensions WHERE name = 'pg_cron') AS scheduler,
    (SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::text FROM pg_catalog.pg_stat_user_tables) AS changes,
    extract(epoch FROM clock_timestamp() - coalesce(stats_reset, pg_postmaster_start_time()))::text AS seconds
  FROM pg_catalog.pg_stat_database WHERE datname = current_database()`

const TABLES = `
  SELECT n.nspname::text AS schema, c.relname::text AS name
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND NOT c.relispartition
    AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', $1)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  ORDER BY 1, 2`

async function tableNames(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const rows = await connection.query(TABLES, [config.heartbeat.source.schema], { signal })
  return rows.map((row) => tableEntry([text(row, 'schema'), text(row, 'name')]))
}

async function hasHeartbeat(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  signal: AbortSignal,
): Promise<boolean> {
  const { schema, table } = config.heartbeat.source
  const query = `SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2`
  return (await connection.query(query, [schema, table], { signal })).length > 0
}

/** The default slot may belong to another connector, or to another database of the server. */
async function slotSetting(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const rows = await connection.query('SELECT slot_name::text AS name FROM pg_catalog.pg_replication_slots', [], {
    signal,
  })
  const taken = new Set(rows.map((row) => text(row, 'name')))
  return taken.has(config.slot) ? { slot: freeSlotName(config.connection.database, taken) } : {}
}

/** The average over at least an hour, so that the initial load of a new server does not count as its traffic. */
function rateOf(server: TextRow): number | null {
  const [changes, seconds] = [server['changes'], Number(server['seconds'])]
  return typeof changes === 'string' && seconds > 0 ? Number(changes) / Math.max(seconds, 3600) : null
}

function remarksOf(server: TextRow): readonly string[] {
  const version = Number(server['version_num'])
  return [
    ...(tooOld(version) === null ? [] : ['This version is too old: Offbeat reads PostgreSQL 14 and newer.']),
    ...(server['can_decode'] === 'true'
      ? []
      : [`wal_level is ${server['wal_level']}: it must be logical, which needs a restart of the server.`]),
    ...(server['standby'] === 'true' && version < 160000
      ? ['This is a standby, and standbys before version 16 cannot decode the log: read from the primary.']
      : []),
  ]
}
