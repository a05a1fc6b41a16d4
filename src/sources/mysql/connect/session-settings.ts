import type { MysqlKind } from '../config.ts'

/**
 * What a session is used for: reading the catalog and the state of the log, running an administrator's statements, reading the log, or
 * writing heartbeats.
 */
export type SessionUse = 'inspect' | 'admin' | 'log' | 'beat'

const TIMEOUT_MS: Readonly<Record<SessionUse, number>> = { inspect: 15_000, admin: 55_000, log: 15_000, beat: 10_000 }
/** A statement that waits for a table lock blocks all later statements on that table, so it must not wait long. */
const LONGEST_LOCK_WAIT_S = 5

/**
 * The first statements of every session. They override the server's settings, which are tuned for people and applications: how literals are
 * parsed, times in UTC, short timeouts, and no disconnect while idle. `timeoutMs`: for one statement; only MariaDB applies it to writes, so
 * the waits for locks, which are in whole seconds, are limited to it too.
 */
export function openingStatements(
  kind: MysqlKind,
  about: { readonly use: SessionUse; readonly readOnly: boolean; readonly timeoutMs?: number },
): readonly string[] {
  const { use, readOnly, timeoutMs = TIMEOUT_MS[use] } = about
  const timeout = kind === 'mysql' ? `max_execution_time = ${timeoutMs}` : `max_statement_time = ${timeoutMs / 1000}`
  const lockWaitS = use === 'beat' ? lockWaitOf(timeoutMs) : LONGEST_LOCK_WAIT_S
  // A heartbeat that does not fit the columns must fail: shortened, it would not be recognized in the log.
  const sqlMode = use === 'beat' ? 'STRICT_ALL_TABLES' : ''
  return [
    'SET NAMES utf8mb4',
    `SET SESSION sql_mode = '${sqlMode}', time_zone = '+00:00', autocommit = 1, lock_wait_timeout = ${lockWaitS}, innodb_lock_wait_timeout = ${lockWaitS}, wait_timeout = 28800, ${timeout}`,
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    // A safeguard: the server rejects any write that we send by mistake.
    ...(readOnly ? ['SET SESSION TRANSACTION READ ONLY'] : []),
    ...(use === 'beat' && !readOnly ? ['SET SESSION TRANSACTION READ WRITE'] : []),
  ]
}

/** How long a session with this timeout waits for a lock. */
export function lockWaitOf(timeoutMs: number): number {
  return Math.max(1, Math.floor(timeoutMs / 1000))
}
