import { alternative, type Fix, inDatabase } from '../../../model/fix.ts'
import type { StatementOptions } from '../../connect/session-life.ts'
import { numberOf, type TextRow } from '../../connect/text-row.ts'
import type { LockHolder, LockWords } from '../../heartbeat/lock-holder.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { SUPERUSER, TABLE_OWNER } from '../connect/fix-runner.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../connect/quoting.ts'

/** What can make an UPDATE or INSERT of the row do nothing. */
export interface Suppressor {
  /** What it is, with its name, e.g. `the trigger audit (function public.audit)`. */
  readonly words: string
  readonly disable: string
}

/** What prevents the heartbeat row from being written although the table, the row and the grants exist. */
export interface HeartbeatObstacles {
  readonly holders: readonly LockHolder[]
  readonly suppressors: readonly Suppressor[]
  readonly rowSecurity: RowSecurity
  /** Our user has every privilege that a heartbeat needs, so only row-level security can refuse it. */
  readonly granted: boolean
}

export interface RowSecurity {
  /** Row-level security is on for the table. */
  readonly enabled: boolean
  /** It applies to our user, which bypasses it neither by an attribute nor as the owner. */
  readonly active: boolean
  /** The names of the table's policies. */
  readonly policies: readonly string[]
}

/** Reads the catalogs and the locks, which every role can see. Writes nothing. */
export async function readObstacles(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  options: StatementOptions,
): Promise<HeartbeatObstacles> {
  const { schema, table } = config.heartbeat.source
  const name = quoteTable({ schema, name: table })
  const [holders, suppressors, security] = [
    await connection.query(holdersQuery(config), [], options),
    await connection.query(suppressorsQuery(config), [], options),
    await connection.query(rowSecurityQuery(config), [], options),
  ]
  return {
    holders: holders.flatMap(holderOf),
    suppressors: suppressors.map((row) => suppressorOf(row, name)),
    rowSecurity: {
      enabled: security[0]?.['enabled'] === 'true',
      active: security[0]?.['active'] === 'true',
      policies: security.flatMap(({ policy = null }) => (policy === null ? [] : [policy])),
    },
    granted: security[0]?.['granted'] === 'true',
  }
}

const oidOf = ({ heartbeat }: PostgresqlConfig) =>
  `(SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ${quoteLiteral(heartbeat.source.schema)} AND c.relname = ${quoteLiteral(heartbeat.source.table)})`

/**
 * OF_ROWS: modes that a transaction with a row lock holds on the table until it ends. OF_TABLE: modes that conflict with an UPDATE
 * themselves.
 */
const OF_ROWS = "'RowShareLock', 'RowExclusiveLock'"
const OF_TABLE = "'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'"

/**
 * A session that waits for the row holds or wants its tuple lock and is left out. A session that waits for a lock on the whole table blocks
 * a heartbeat too, for as long as the sessions before it do. Process 0 in `pg_blocking_pids` is a prepared transaction, which is found by
 * its own lock.
 */
const holdersQuery = (config: PostgresqlConfig) => `
  WITH own AS (
    SELECT l.* FROM pg_catalog.pg_locks l WHERE l.relation = ${oidOf(config)}
      AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())),
  holding AS (
    SELECT pid, virtualtransaction FROM own WHERE locktype = 'relation' AND granted AND mode IN (${OF_ROWS}, ${OF_TABLE})
      AND NOT (EXISTS (SELECT FROM own w WHERE w.pid = own.pid AND w.locktype = 'tuple')
        AND EXISTS (SELECT FROM pg_catalog.pg_locks w WHERE w.pid = own.pid AND NOT w.granted))
    UNION SELECT pid, virtualtransaction FROM own WHERE locktype = 'relation' AND NOT granted AND mode IN (${OF_TABLE})
    UNION SELECT blocking, NULL FROM own, unnest(pg_catalog.pg_blocking_pids(pid)) blocking
      WHERE locktype = 'relation' AND NOT granted AND mode IN (${OF_TABLE}) AND blocking <> 0)
  SELECT DISTINCT h.pid::text, NULL AS gid, a.usename::text AS owner, a.application_name AS application, a.state,
    round(extract(epoch FROM clock_timestamp() - a.xact_start) * 1000)::bigint::text AS ago
  FROM holding h JOIN pg_catalog.pg_stat_activity a ON a.pid = h.pid
  WHERE h.pid <> pg_backend_pid()
    AND NOT (a.usename = current_user AND a.application_name = current_setting('application_name'))
  UNION ALL
  SELECT NULL, p.gid, p.owner::text, NULL, NULL, round(extract(epoch FROM clock_timestamp() - p.prepared) * 1000)::bigint::text
  FROM holding h JOIN pg_catalog.pg_locks x ON x.virtualtransaction = h.virtualtransaction AND x.locktype = 'transactionid' AND x.granted
    JOIN pg_catalog.pg_prepared_xacts p ON p.transaction = x.transactionid
  WHERE h.pid IS NULL
  ORDER BY 1, 2 LIMIT 20`

function holderOf(row: TextRow): readonly LockHolder[] {
  const { pid = null, gid = null, owner = null, application = null, state = null, ago = null } = row
  const user = owner ?? ''
  if (pid !== null) {
    return [{ kind: 'session', id: pid, user, application: application ?? '', state, agoMs: numberOf(row, 'ago') }]
  }
  return gid === null ? [] : [{ kind: 'prepared', id: quoteLiteral(gid), user, agoMs: Number(ago ?? 0) }]
}

/** BEFORE row triggers can return NULL, and rules can do something else instead. Only those that fire in an ordinary session count. */
const suppressorsQuery = (config: PostgresqlConfig) => `
  SELECT 'trigger' AS kind, t.tgname::text AS name, format('%I.%I', n.nspname, p.proname) AS function
  FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE t.tgrelid = ${oidOf(config)} AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
    AND t.tgtype & 3 = 3 AND t.tgtype & 20 <> 0
  UNION ALL
  SELECT 'rule', r.rulename::text, NULL FROM pg_catalog.pg_rewrite r
  WHERE r.ev_class = ${oidOf(config)} AND r.ev_type IN ('2', '3') AND r.is_instead AND r.ev_enabled IN ('O', 'A')
  ORDER BY 1, 2`

function suppressorOf(row: TextRow, table: string): Suppressor {
  const name = quoteIdentifier(row['name'] ?? '')
  const isTrigger = row['kind'] === 'trigger'
  const kind = isTrigger ? 'TRIGGER' : 'RULE'
  return {
    words: isTrigger ? `the trigger ${name} (function ${row['function'] ?? ''})` : `the rule ${name}`,
    disable: `ALTER TABLE ${table} DISABLE ${kind} ${name}`,
  }
}

/** One row for each policy, or one row without a policy if the table has none. */
const rowSecurityQuery = (config: PostgresqlConfig) => `
  SELECT c.relrowsecurity::text AS enabled, row_security_active(c.oid)::text AS active, p.polname::text AS policy,
    (has_schema_privilege(c.relnamespace, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
      AND has_table_privilege(c.oid, 'UPDATE'))::text AS granted
  FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_policy p ON p.polrelid = c.oid
  WHERE c.oid = ${oidOf(config)} ORDER BY 3`

/** The statements about locks, for the database of the heartbeat table. */
export function lockWords({ connection }: PostgresqlConfig): LockWords {
  const here = (text: string) => inDatabase(text, SUPERUSER, { at: connection.database })
  return {
    session: 'process',
    hidden: 'pg_monitor shows since when, and the state of the session',
    endSession: (pid) => here(`SELECT pg_terminate_backend(${pid})`),
    rollBack: (gid) => here(`ROLLBACK PREPARED ${gid}`),
    commit: (gid) => here(`COMMIT PREPARED ${gid}`),
  }
}

export const UNSUPPRESSED = 'no trigger, rule or row-level security that keeps the row from being written'

/** null: nothing is visible that could suppress the write. */
export function suppressionInWords({ suppressors, rowSecurity }: HeartbeatObstacles): string | null {
  const words = suppressors.map((each) => each.words)
  if (rowSecurity.active) words.push('row-level security')
  return words.length === 0 ? null : `on the table ${words.length === 1 ? 'is' : 'are'} ${words.join(', ')}`
}

/**
 * Names all suppressors: which of several suppresses the write is not visible. `role`: the role whose privileges apply to our statements.
 */
export function suppressionFix(config: PostgresqlConfig, role: string, obstacles: HeartbeatObstacles): readonly Fix[] {
  const { suppressors, rowSecurity } = obstacles
  const disable = suppressors.map((each) => byOwner(config, each.disable))
  return rowSecurity.active ? [...disable, ...allowRows(config, role, rowSecurity)] : disable
}

/**
 * A policy for this user, or no row-level security at all. If our policy exists already, other policies restrict the user, so row-level
 * security must be off.
 */
export function allowRows(config: PostgresqlConfig, user: string, { policies }: RowSecurity): readonly Fix[] {
  const { schema, table } = config.heartbeat.source
  const name = quoteTable({ schema, name: table })
  const policy = `offbeat_${user}`
  const disable = byOwner(config, `ALTER TABLE ${name} DISABLE ROW LEVEL SECURITY`)
  if (policies.includes(policy)) return [disable]
  return [
    byOwner(
      config,
      `CREATE POLICY ${quoteIdentifier(policy)} ON ${name} TO ${quoteIdentifier(user)} USING (true) WITH CHECK (true)`,
    ),
    alternative('turn it off for the table'),
    disable,
  ]
}

/** A statement on the heartbeat table, for its owner. */
export function byOwner({ connection }: PostgresqlConfig, text: string): Fix {
  return inDatabase(text, TABLE_OWNER, { at: connection.database })
}
