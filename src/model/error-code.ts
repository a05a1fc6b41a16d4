import { CONFIGURATION_ERRORS } from './error-codes/configuration.ts'
import { CONNECTOR_ERRORS } from './error-codes/connector.ts'
import { DATABASE_ERRORS } from './error-codes/database.ts'
import { DOCTOR_ERRORS } from './error-codes/doctor.ts'
import { HEARTBEAT_ERRORS } from './error-codes/heartbeat.ts'
import { MONGODB_ERRORS } from './error-codes/mongodb.ts'
import { MONGODB_CHECK_ERRORS } from './error-codes/mongodb-check.ts'
import { MYSQL_ERRORS } from './error-codes/mysql.ts'
import { MYSQL_CHECK_ERRORS } from './error-codes/mysql-check.ts'
import { POSTGRESQL_ERRORS } from './error-codes/postgresql.ts'
import { POSTGRESQL_CHECK_ERRORS } from './error-codes/postgresql-check.ts'
import { SERVER_ERRORS } from './error-codes/server.ts'
import { STORAGE_ERRORS } from './error-codes/storage.ts'
import type { ErrorEntry } from './error-entry.ts'

/** Every error code with its summary, fix and whether to retry. `docs/errors.md` is generated from it. */
export const ERROR_TABLE = {
  ...CONFIGURATION_ERRORS,
  ...CONNECTOR_ERRORS,
  ...DOCTOR_ERRORS,
  ...STORAGE_ERRORS,
  ...SERVER_ERRORS,
  ...DATABASE_ERRORS,
  ...HEARTBEAT_ERRORS,
  ...POSTGRESQL_ERRORS,
  ...POSTGRESQL_CHECK_ERRORS,
  ...MYSQL_ERRORS,
  ...MYSQL_CHECK_ERRORS,
  ...MONGODB_ERRORS,
  ...MONGODB_CHECK_ERRORS,
} as const

export type ErrorCode = keyof typeof ERROR_TABLE

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_TABLE, text)
}

/**
 * What a server's error means for its reader. `transient`: it passes by itself and is retried. `permanent`: a person must act, so the
 * connector stops and shows the fix. `unknown`: it is not clear which of the two it is. It is retried, and each attempt is reported at a
 * higher level, with the statement and its object.
 */
export function outcomeOf(code: ErrorCode): 'transient' | 'permanent' | 'unknown' {
  const { kind, retry } = ERROR_TABLE[code]
  if (kind === 'unknown') return 'unknown'
  return retry ? 'transient' : 'permanent'
}

export function isByRival(code: ErrorCode): boolean {
  const entry: ErrorEntry = ERROR_TABLE[code]
  return entry.byRival === true
}
