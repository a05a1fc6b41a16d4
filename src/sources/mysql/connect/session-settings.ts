import type { MysqlKind } from '../config.ts'

/** What a session is for: reading the catalog and the log's state, an administrator's statements, or the log. */
export type SessionUse = 'look' | 'admin' | 'log'

const TIMEOUT_S: Readonly<Record<SessionUse, number>> = { look: 15, admin: 55, log: 15 }
/** A statement that waits for a table's lock holds up all that come after it. */
const LOCK_TIMEOUT_S = 5

/**
 * The statements that begin every session of ours. They are over the server's own values, which are meant for people and applications: how
 * literals are read, that times are in UTC, that nothing waits for long, and that an idle session is not ended.
 */
export function openingStatements(kind: MysqlKind, use: SessionUse, readOnly: boolean): readonly string[] {
  const timeout =
    kind === 'mysql' ? `max_execution_time = ${TIMEOUT_S[use] * 1000}` : `max_statement_time = ${TIMEOUT_S[use]}`
  return [
    'SET NAMES utf8mb4',
    `SET SESSION sql_mode = '', time_zone = '+00:00', autocommit = 1, lock_wait_timeout = ${LOCK_TIMEOUT_S}, innodb_lock_wait_timeout = ${LOCK_TIMEOUT_S}, wait_timeout = 28800, ${timeout}`,
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    // The server itself refuses what writes, should we ever be wrong.
    ...(readOnly ? ['SET SESSION TRANSACTION READ ONLY'] : []),
  ]
}
