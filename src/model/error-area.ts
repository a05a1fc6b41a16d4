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
import type { ErrorEntry, ErrorKind } from './error-entry.ts'
import { unreachable } from './unreachable.ts'

/** The codes by area, in reading order. */
export const ERROR_AREAS: readonly (readonly [string, Readonly<Record<string, ErrorEntry>>])[] = [
  ['Configuration and command line', CONFIGURATION_ERRORS],
  ['Connector', CONNECTOR_ERRORS],
  ['Doctor', DOCTOR_ERRORS],
  ['Store and sinks', STORAGE_ERRORS],
  ['HTTP', SERVER_ERRORS],
  ['Databases', DATABASE_ERRORS],
  ['Heartbeats of layer 2', HEARTBEAT_ERRORS],
  ['PostgreSQL', { ...POSTGRESQL_ERRORS, ...POSTGRESQL_CHECK_ERRORS }],
  ['MySQL and MariaDB', { ...MYSQL_ERRORS, ...MYSQL_CHECK_ERRORS }],
  ['MongoDB', { ...MONGODB_ERRORS, ...MONGODB_CHECK_ERRORS }],
]

export function errorKindInWords(kind: ErrorKind): string {
  switch (kind) {
    case 'configuration':
      return 'Configuration: fix it and start again.'
    case 'permission':
      return 'Permission: grant it.'
    case 'read-only':
      return 'Read-only: the server refuses writes.'
    case 'transient':
      return 'Transient: passes, or needs a check of the network or the server.'
    case 'unknown':
      return 'Unknown: retried, and reported at a higher level each time. The message names what failed.'
    case 'lost position':
      return 'Lost position: choose how to continue.'
    case 'defect':
      return 'Defect of Offbeat: please report it.'
    case 'notice':
      return 'Notice: it is reported, and nothing stops because of it.'
    default:
      return unreachable(kind)
  }
}
