import { numberOf, type TextRow, text } from '../../../connect/text-row.ts'
import type { MysqlConfig } from '../../config.ts'
import type { MysqlConnection } from '../../connect/connection.ts'
import { type Account, parseAccount, quoteLiteral } from '../../connect/quoting.ts'
import { numberOfError } from '../../errors/denied.ts'
import { isTableDenied } from '../heartbeat-access.ts'
import type { EventName } from './event-statement.ts'

/** What our user sees of the events on the primary. */
export interface EventSight {
  /** It sees the events of the heartbeat database, for it has EVENT there. */
  readonly seesOurs: boolean
  /** It sees the events of all databases. */
  readonly seesAll: boolean
  /** The events that can change the heartbeat table. */
  readonly events: readonly BeatEvent[]
}

/** An event as the catalogue has it. */
export interface BeatEvent extends EventName {
  readonly statement: string
  /** `ENABLED`, `DISABLED`, or `SLAVESIDE_DISABLED`, which MySQL 9 calls `REPLICA_SIDE_DISABLED`. */
  readonly status: string
  /** The server on which it was created or last changed. */
  readonly originator: string
  readonly intervalValue: string | null
  readonly intervalField: string | null
  /** The start of its last run, whether it failed or not, in whole seconds. null: it has not run on this server. */
  readonly startedAgoMs: number | null
  /** The accounts that exist are visible, and its definer is not among them. */
  readonly definerIsMissing: boolean
  /** The server's log about its last failure; null: nothing, or we cannot read it. */
  readonly failure: string | null
}

export async function readEvents(
  connection: MysqlConnection,
  config: MysqlConfig,
  signal: AbortSignal,
): Promise<EventSight> {
  const { schema, table } = config.heartbeat.source
  const name = quoteLiteral(table.toLowerCase())
  // The times of an event are in its own time zone.
  const rows = await connection.query(
    `SELECT EVENT_SCHEMA AS db, EVENT_NAME AS name, DEFINER AS definer, EVENT_DEFINITION AS statement, STATUS AS status,
       ORIGINATOR AS originator, INTERVAL_VALUE AS value, INTERVAL_FIELD AS field,
       TIMESTAMPDIFF(SECOND, LAST_EXECUTED, CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', TIME_ZONE)) * 1000 AS ago
     FROM information_schema.EVENTS
     WHERE LOCATE(${name}, LOWER(EVENT_DEFINITION)) > 0
       OR (EVENT_SCHEMA = ${quoteLiteral(schema)} AND LOWER(EVENT_DEFINITION) LIKE '%call%') ORDER BY EVENT_SCHEMA, EVENT_NAME`,
    [],
    { signal },
  )
  const accounts = rows.length === 0 ? null : await readAccounts(connection, signal)
  const events: BeatEvent[] = []
  for (const row of rows) {
    const failure = await lastFailure(connection, row, signal)
    events.push({ ...eventOf(row), definerIsMissing: accounts?.has(text(row, 'definer')) === false, failure })
  }
  const seesAll = await hasEverywhere(connection, signal)
  return { seesOurs: seesAll || events.length > 0 || (await listsEvents(connection, schema, signal)), seesAll, events }
}

function eventOf(row: TextRow): Omit<BeatEvent, 'definerIsMissing' | 'failure'> {
  return {
    database: text(row, 'db'),
    name: text(row, 'name'),
    definer: definerOf(row),
    statement: row['statement'] ?? '',
    status: text(row, 'status'),
    originator: text(row, 'originator'),
    intervalValue: row['value'] ?? null,
    intervalField: row['field'] ?? null,
    startedAgoMs: numberOf(row, 'ago'),
  }
}

function definerOf(row: TextRow): Account {
  return parseAccount(text(row, 'definer'))
}

const NO_DATABASE = 1049

/** The catalogue shows no events to a user without EVENT on their database; this statement is refused. */
async function listsEvents(connection: MysqlConnection, database: string, signal: AbortSignal): Promise<boolean> {
  try {
    await connection.query(`SHOW EVENTS FROM \`${database.replaceAll('`', '``')}\``, [], { signal })
    return true
  } catch (error) {
    if (isTableDenied(error)) return false
    if (numberOfError(error) === NO_DATABASE) return true
    throw error
  }
}

async function hasEverywhere(connection: MysqlConnection, signal: AbortSignal): Promise<boolean> {
  const [row] = await connection.query(
    `SELECT 1 AS has FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'EVENT'
       AND GRANTEE = CONCAT(QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', 1)), '@', QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', -1))) LIMIT 1`,
    [],
    { signal },
  )
  return row !== undefined
}

/** All accounts, as `user@host`; null: a user sees only its own without SELECT on the database `mysql`. */
async function readAccounts(connection: MysqlConnection, signal: AbortSignal): Promise<ReadonlySet<string> | null> {
  try {
    const rows = await connection.query("SELECT CONCAT(User, '@', Host) AS account FROM mysql.user", [], { signal })
    return new Set(rows.map((row) => text(row, 'account')))
  } catch (error) {
    if (isTableDenied(error)) return null
    throw error
  }
}

/** MySQL 8.0 and later keep their error log in a table too. Its text has names and privileges, and can have values. */
async function lastFailure(connection: MysqlConnection, row: TextRow, signal: AbortSignal): Promise<string | null> {
  if (connection.version.product !== 'mysql' || connection.version.major < 8) return null
  const about = `[${text(row, 'definer')}][${text(row, 'db')}.${text(row, 'name')}] `
  try {
    const [last] = await connection.query(
      `SELECT SUBSTRING_INDEX(DATA, ${quoteLiteral(about)}, -1) AS words FROM performance_schema.error_log
       WHERE LOCATE(${quoteLiteral(`Event Scheduler: ${about}`)}, DATA) = 1 AND PRIO = 'Error'
         AND LOGGED > CURRENT_TIMESTAMP(6) - INTERVAL 1 DAY ORDER BY LOGGED DESC LIMIT 1`,
      [],
      { signal },
    )
    return last?.['words'] ?? null
  } catch (error) {
    if (isTableDenied(error)) return null
    throw error
  }
}
