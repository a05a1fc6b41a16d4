import type { MysqlKind } from '../config.ts'

/** What a session is used for: reading the catalog and the state of the log, running an administrator's statements, or reading the log. */
export type SessionUse = 'inspect' | 'admin' | 'log'

const TIMEOUT_S: Readonly<Record<SessionUse, number>> = { inspect: 15, admin: 55, log: 15 }
/** A statement that waits for a table lock blocks all later statements on that table, so it must not wait long. */
const LOCK_TIMEOUT_S = 5

/**
 * The first statements of every session. They override the server's settings, which are tuned for people and applications: how literals are
 * parsed, times in UTC, short timeouts, and no disconnect while idle.
 */
export function openingStatements(kind: MysqlKind, use: SessionUse, readOnly: boolean): readonly string[] {
  const timeout =
    kind === 'mysql' ? `max_execution_time = ${TIMEOUT_S[use] * 1000}` : `max_statement_time = ${TIMEOUT_S[use]}`
  return [
    'SET NAMES utf8mb4',
    `SET SESSION sql_mode = '', time_zone = '+00:00', autocommit = 1, lock_wait_timeout = ${LOCK_TIMEOUT_S}, innodb_lock_wait_timeout = ${LOCK_TIMEOUT_S}, wait_timeout = 28800, ${timeout}`,
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    // A safeguard: the server rejects any write that we send by mistake.
    ...(readOnly ? ['SET SESSION TRANSACTION READ ONLY'] : []),
  ]
}
