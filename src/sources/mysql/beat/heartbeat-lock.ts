import { type Fix, inDatabase, query } from '../../../model/fix.ts'
import { numberOf, type TextRow } from '../../connect/text-row.ts'
import type { LockHolder, LockWords } from '../../heartbeat/lock-holder.ts'
import type { MysqlConfig } from '../config.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { type Account, quoteAccount, quoteLiteral } from '../connect/quoting.ts'
import { atLeast, type ServerVersion } from '../connect/server-version.ts'
import { isDenied } from '../errors/denied.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import { isTableDenied } from './heartbeat-access.ts'

/** Who locks the heartbeat table or its row. null: we lack the privileges to see it. */
export async function readLockHolders(
  connection: MysqlConnection,
  config: MysqlConfig,
  signal: AbortSignal,
): Promise<readonly LockHolder[] | null> {
  const isLarge = hasLockTables(connection.version)
  try {
    const rows = await connection.query(isLarge ? holdersQuery(config) : waitsQuery(config), [], { signal })
    const prepared = rows.some(isPrepared) ? await readPrepared(connection, signal) : []
    return rows.flatMap((row) => holderOf(row, prepared))
  } catch (error) {
    if (isDenied(error) || isTableDenied(error)) return null
    throw error
  }
}

/** MySQL lists all locks from 8.0 on. MySQL 5.7 and MariaDB list those of rows, and only while a session waits for them. */
function hasLockTables(version: ServerVersion): boolean {
  return version.product === 'mysql' && atLeast(version, [8, 0])
}

/** Modes of metadata locks that conflict with an UPDATE: of LOCK TABLES, and of statements that change the table. */
const AGAINST_WRITES = "'SHARED_READ_ONLY', 'SHARED_NO_WRITE', 'SHARED_NO_READ_WRITE', 'EXCLUSIVE'"

/** A session that waits for the row has only an intention lock on the table. The thread of a prepared transaction no longer exists. */
function holdersQuery({ heartbeat }: MysqlConfig): string {
  const { schema, table } = heartbeat.source
  const ours = `OBJECT_SCHEMA = ${quoteLiteral(schema)} AND OBJECT_NAME = ${quoteLiteral(table)}`
  return `SELECT t.PROCESSLIST_ID AS id, t.PROCESSLIST_USER AS owner, t.PROCESSLIST_COMMAND AS state, h.trx,
      (SELECT ATTR_VALUE FROM performance_schema.session_connect_attrs a
       WHERE a.PROCESSLIST_ID = t.PROCESSLIST_ID AND ATTR_NAME = 'program_name' LIMIT 1) AS application,
      TIMESTAMPDIFF(MICROSECOND, x.trx_started, CURRENT_TIMESTAMP(6)) DIV 1000 AS ago, x.trx_mysql_thread_id AS session
    FROM (SELECT THREAD_ID AS thread, ENGINE_TRANSACTION_ID AS trx FROM performance_schema.data_locks
          WHERE ${ours} AND LOCK_STATUS = 'GRANTED' AND (LOCK_TYPE = 'RECORD' OR LOCK_MODE NOT LIKE 'I%')
        UNION SELECT OWNER_THREAD_ID, NULL FROM performance_schema.metadata_locks WHERE LOCK_STATUS = 'GRANTED'
          AND (OBJECT_TYPE = 'TABLE' AND ${ours} AND LOCK_TYPE IN (${AGAINST_WRITES})
            OR OBJECT_TYPE = 'GLOBAL' AND LOCK_TYPE = 'SHARED')) h
      LEFT JOIN performance_schema.threads t ON t.THREAD_ID = h.thread
      LEFT JOIN information_schema.INNODB_TRX x ON x.trx_id = h.trx
    WHERE COALESCE(t.PROCESSLIST_ID, 0) <> CONNECTION_ID() ORDER BY 1 LIMIT 20`
}

function waitsQuery({ heartbeat }: MysqlConfig): string {
  const { schema, table } = heartbeat.source
  const name = [schema, table].map((part) => `\`${part.replaceAll('`', '``')}\``).join('.')
  return `SELECT DISTINCT NULLIF(b.trx_mysql_thread_id, 0) AS id, p.USER AS owner, p.COMMAND AS state, b.trx_id AS trx, NULL AS application,
      TIMESTAMPDIFF(MICROSECOND, b.trx_started, CURRENT_TIMESTAMP(6)) DIV 1000 AS ago, b.trx_mysql_thread_id AS session
    FROM information_schema.INNODB_LOCKS l JOIN information_schema.INNODB_LOCK_WAITS w ON w.requested_lock_id = l.lock_id
      JOIN information_schema.INNODB_TRX b ON b.trx_id = w.blocking_trx_id
      LEFT JOIN information_schema.PROCESSLIST p ON p.ID = b.trx_mysql_thread_id
    WHERE l.lock_table = ${quoteLiteral(name)} AND b.trx_state <> 'LOCK WAIT' ORDER BY 1 LIMIT 20`
}

function isPrepared({ session }: TextRow): boolean {
  return session === '0'
}

function holderOf(row: TextRow, prepared: readonly string[]): readonly LockHolder[] {
  const { id = null, owner = null, application = null, state = null } = row
  const agoMs = numberOf(row, 'ago')
  if (isPrepared(row)) {
    // Which transaction has which XID is not visible, unless there is only one.
    const [only] = prepared
    const xid = prepared.length === 1 && only !== undefined ? only : '<xid, see XA RECOVER>'
    return [{ kind: 'prepared', id: xid, user: null, agoMs: agoMs ?? 0 }]
  }
  if (id === null) return []
  return [{ kind: 'session', id, user: owner ?? '', application: application ?? '', state, agoMs }]
}

/** The XIDs of all prepared transactions, as statements write them. */
async function readPrepared(connection: MysqlConnection, signal: AbortSignal): Promise<readonly string[]> {
  try {
    const isMysql = connection.version.product === 'mysql'
    const rows = await connection.query(isMysql ? 'XA RECOVER CONVERT XID' : "XA RECOVER FORMAT='SQL'", [], { signal })
    return rows.map((row) => (isMysql ? xidOf(row) : (row['data'] ?? '')))
  } catch (error) {
    if (isDenied(error)) return []
    throw error
  }
}

/** MySQL returns both parts in one hexadecimal number, with the length of each. */
function xidOf({ data, gtrid_length: length, formatID: format }: TextRow): string {
  const hex = (data ?? '').replace(/^0x/, '')
  const at = 2 * Number(length)
  const part = (digits: string) => `X'${digits}'`
  return `${part(hex.slice(0, at))},${part(hex.slice(at))},${format ?? '1'}`
}

/** The grants with which the user sees who locks the row. */
export function lockGrants(version: ServerVersion, { user, host }: Account): readonly Fix[] {
  const to = quoteAccount(user, host)
  const tables = hasLockTables(version) ? ['data_locks', 'metadata_locks', 'threads', 'session_connect_attrs'] : []
  return [
    `GRANT PROCESS ON *.* TO ${to}`,
    ...tables.map((table) => `GRANT SELECT ON performance_schema.${table} TO ${to}`),
  ].map((text) => inDatabase(text, ADMINISTRATOR))
}

/** A query that shows an administrator who locks the row. */
export function showHolders(version: ServerVersion, { heartbeat }: MysqlConfig): Fix {
  if (!hasLockTables(version))
    return query(
      'SELECT trx_mysql_thread_id, trx_started, trx_rows_locked FROM information_schema.INNODB_TRX ORDER BY trx_started',
      ADMINISTRATOR,
      { note: 'the row is locked by one of these, or by LOCK TABLES' },
    )
  const { schema, table } = heartbeat.source
  return query(
    `SELECT t.PROCESSLIST_ID, t.PROCESSLIST_USER, l.LOCK_TYPE, l.LOCK_MODE FROM performance_schema.data_locks l JOIN performance_schema.threads t USING (THREAD_ID) WHERE l.OBJECT_SCHEMA = ${quoteLiteral(schema)} AND l.OBJECT_NAME = ${quoteLiteral(table)} AND l.LOCK_STATUS = 'GRANTED'`,
    ADMINISTRATOR,
  )
}

/** The statements about locks. */
export const LOCK_WORDS: LockWords = {
  session: 'connection',
  hidden: 'PROCESS shows since when, and the state of the session',
  endSession: (id) => inDatabase(`KILL ${id}`, ADMINISTRATOR),
  rollBack: (id) => inDatabase(`XA ROLLBACK ${id}`, ADMINISTRATOR),
  commit: (id) => inDatabase(`XA COMMIT ${id}`, ADMINISTRATOR),
}
