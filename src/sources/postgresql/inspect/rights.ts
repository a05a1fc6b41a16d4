import { alternative, inDatabase } from '../../../model/fix.ts'
import type { Resume } from '../../../model/log-state.ts'
import type { BrokenHop } from '../../../model/source-status.ts'
import type { StatementOptions } from '../../connect/session-life.ts'
import { unwritableHop } from '../../heartbeat/heartbeat-row.ts'
import { byOwner } from '../beat/heartbeat-obstacle.ts'
import { grantHeartbeat, heartbeatTableName, listsTables, tableFix } from '../beat/heartbeat-table.ts'
import { POSTGRESQL_DEFAULTS, type PostgresqlConfig } from '../config.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { quoteIdentifier, quoteLiteral } from '../connect/quoting.ts'

/** What our user is allowed to do and see. */
export interface Rights {
  /** The REPLICATION attribute, or the role that replaces it on RDS and Aurora. */
  readonly replication: boolean
  readonly walDirectory: boolean
  readonly allStats: boolean
}

export async function readRights(connection: PostgresConnection, options: StatementOptions): Promise<Rights> {
  const [row] = await connection.query(
    `SELECT has_function_privilege('pg_catalog.pg_ls_waldir()', 'EXECUTE')::text AS waldir,
       pg_has_role('pg_read_all_stats', 'USAGE')::text AS stats,
       ((SELECT rolreplication OR rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user)
         OR EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'rds_replication' AND pg_has_role(oid, 'MEMBER')))::text AS replication`,
    [],
    options,
  )
  return {
    walDirectory: row?.['waldir'] === 'true',
    allStats: row?.['stats'] === 'true',
    replication: row?.['replication'] !== 'false',
  }
}

/** An open stream continues without the privilege, but the next one cannot be opened. */
export function replicationDenied(config: PostgresqlConfig): Extract<Resume, { can: 'no' }> {
  const { user } = config.connection
  const about = {
    message: `the user ${user} cannot read the log`,
    found: 'a role without REPLICATION',
    expected: 'a role with REPLICATION',
    details: {},
  }
  const choices = [
    inDatabase(`ALTER ROLE ${quoteIdentifier(user)} REPLICATION`, SUPERUSER),
    alternative('on Amazon RDS and Aurora'),
    inDatabase(`GRANT rds_replication TO ${quoteIdentifier(user)}`, SUPERUSER),
  ]
  return { can: 'no', code: 'POSTGRES_REPLICATION_DENIED', ...about, choices, stop: false }
}

/** Reads the catalogs, which every role can read. Writes nothing. */
export async function whyUnwritable(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  options: StatementOptions,
): Promise<BrokenHop | null> {
  const { mode, schema, table } = config.heartbeat.source
  if (mode !== 'table' || config.readOnly) return null
  const [row] = await connection.query(
    `SELECT has_schema_privilege(n.oid, 'USAGE')::text AS usage, has_any_column_privilege(c.oid, 'SELECT')::text AS may_select,
       (has_table_privilege(c.oid, 'UPDATE') OR has_any_column_privilege(c.oid, 'UPDATE'))::text AS may_update
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = ${quoteLiteral(schema)} AND c.relname = ${quoteLiteral(table)} AND c.relkind IN ('r', 'p', 'v')`,
    [],
    options,
  )
  const { role } = connection
  const about = {
    table: heartbeatTableName(config),
    words: POSTGRESQL_DEFAULTS.words,
    location: `the database ${config.connection.database}`,
    writer: `the role ${role}`,
  }
  if (row === undefined) {
    const listed = await listsTables(connection, config, options)
    return unwritableHop('HEARTBEAT_TABLE_MISSING', about, tableFix(config, role, listed))
  }
  const grants = [
    ...(row['usage'] === 'true'
      ? []
      : [`GRANT USAGE ON SCHEMA ${quoteIdentifier(schema)} TO ${quoteIdentifier(role)}`]),
    ...(row['may_select'] === 'true' && row['may_update'] === 'true'
      ? []
      : [grantHeartbeat(config, role, 'connector')]),
  ]
  if (grants.length === 0) return null
  return unwritableHop(
    'HEARTBEAT_DENIED',
    about,
    grants.map((text) => byOwner(config, text)),
  )
}
