import { numberOf, text } from '../../connect/text-row.ts'
import type { RowFacts } from '../../heartbeat/facts.ts'
import type { LockHolder } from '../../heartbeat/lock-holder.ts'
import type { MysqlConfig } from '../config.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { quoteLiteral, quoteTable } from '../connect/quoting.ts'
import { numberOfError } from '../errors/denied.ts'
import { type HeartbeatAccess, readHeartbeatAccess } from './heartbeat-access.ts'
import { readLockHolders } from './heartbeat-lock.ts'
import { heartbeatTableName } from './heartbeat-table.ts'

const LOCK_WAIT_TIMEOUT = 1205

export interface HeartbeatTable {
  readonly access: HeartbeatAccess
  /** Other databases that we can see and that have a table of this name. */
  readonly elsewhere: readonly string[]
  /** null: there is no table, we have no privilege to read it, or it is locked. */
  readonly row: RowFacts | null
  /** The table is locked (LOCK TABLES), so its rows could not be read. */
  readonly isLocked: boolean
  /** null: we lack the privileges to see them. */
  readonly holders: readonly LockHolder[] | null
  /** Triggers that run before an update, as far as we can see them, each named as in a statement. */
  readonly triggers: readonly string[]
}

/** Reads the catalogue, the locks as far as they are visible, and the row itself. */
export async function readHeartbeatFacts(
  connection: MysqlConnection,
  config: MysqlConfig,
  signal: AbortSignal,
): Promise<HeartbeatTable> {
  const access = await readHeartbeatAccess(connection, config, signal)
  const { schema, table } = config.heartbeat.source
  const elsewhere = await connection.query(
    `SELECT TABLE_SCHEMA AS name FROM information_schema.TABLES
     WHERE TABLE_NAME = ${quoteLiteral(table)} AND TABLE_SCHEMA <> ${quoteLiteral(schema)} ORDER BY 1 LIMIT 5`,
    [],
    { signal },
  )
  const row = await readHeartbeatRow(connection, config, access, signal)
  return {
    access,
    elsewhere: elsewhere.map((each) => text(each, 'name')),
    row: row === 'locked' ? null : row,
    isLocked: row === 'locked',
    holders: access.table === 'present' ? await readLockHolders(connection, config, signal) : [],
    triggers: await readTriggers(connection, config, signal),
  }
}

/** Without TRIGGER on the table, a user sees none. */
export async function readTriggers(
  connection: MysqlConnection,
  { heartbeat }: MysqlConfig,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { schema, table } = heartbeat.source
  const rows = await connection.query(
    `SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS
     WHERE EVENT_OBJECT_SCHEMA = ${quoteLiteral(schema)} AND EVENT_OBJECT_TABLE = ${quoteLiteral(table)}
       AND ACTION_TIMING = 'BEFORE' AND EVENT_MANIPULATION IN ('UPDATE', 'INSERT') ORDER BY 1`,
    [],
    { signal },
  )
  return rows.map((row) => quoteTable({ database: schema, name: text(row, 'name') }))
}

/**
 * null: there is no table, or we have no privilege to read it. A lock on the whole table must not use up the time of the inspection, whose
 * other findings do not depend on the row.
 */
export async function readHeartbeatRow(
  connection: MysqlConnection,
  config: MysqlConfig,
  access: HeartbeatAccess,
  signal: AbortSignal,
): Promise<RowFacts | 'locked' | null> {
  if (access.table !== 'present' || access.lacksColumns.length > 0 || access.lacks.includes('SELECT')) return null
  await connection.query('SET @offbeat_wait = @@SESSION.lock_wait_timeout, SESSION lock_wait_timeout = 2', [], {
    signal,
  })
  try {
    return await rowOf(connection, config, access, signal)
  } catch (error) {
    if (numberOfError(error) === LOCK_WAIT_TIMEOUT) return 'locked'
    throw error
  } finally {
    if (connection.isOpen) await connection.query('SET SESSION lock_wait_timeout = @offbeat_wait', [], { signal })
  }
}

async function rowOf(
  connection: MysqlConnection,
  config: MysqlConfig,
  { otherZones }: HeartbeatAccess,
  signal: AbortSignal,
): Promise<RowFacts> {
  const [row] = await connection.query(
    `SELECT TIMESTAMPDIFF(MICROSECOND, last_update, CURRENT_TIMESTAMP(6)) DIV 1000 AS age,
       CAST(text AS CHAR) LIKE 'offbeat:%' AS beaten
     FROM ${heartbeatTableName(config)} WHERE id = 1 LIMIT 1`,
    [],
    { signal },
  )
  return {
    first: row !== undefined,
    ageMs: numberOf(row, 'age'),
    committedAgoMs: null,
    otherZones,
    // Whether another text was inserted or updated is not recorded.
    updated: row?.['beaten'] === '1' ? true : null,
  }
}
