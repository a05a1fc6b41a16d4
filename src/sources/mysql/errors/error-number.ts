import type { ErrorCode } from '../../../model/error-code.ts'

/**
 * Classifies server error numbers; all others are DATABASE_ERROR. Both products share the numbers up to 1999. Each later number listed here
 * exists in only one product or means the same in both.
 */
const CODES: Readonly<Record<number, ErrorCode>> = {
  1021: 'DATABASE_OUT_OF_RESOURCES', // disk full
  1034: 'DATABASE_CORRUPTED', // index of a table
  1037: 'DATABASE_OUT_OF_RESOURCES', // memory
  1038: 'DATABASE_OUT_OF_RESOURCES', // memory for a sort
  1040: 'DATABASE_TOO_MANY_CONNECTIONS',
  1041: 'DATABASE_OUT_OF_RESOURCES', // memory
  1042: 'DATABASE_LOGIN_REFUSED', // our address does not resolve to a name
  1044: 'DATABASE_PERMISSION', // on a database
  1045: 'DATABASE_PASSWORD_WRONG',
  1049: 'DATABASE_MISSING',
  1053: 'DATABASE_STOPPING',
  1079: 'DATABASE_STOPPING',
  1114: 'DATABASE_OUT_OF_RESOURCES', // a table is full
  1129: 'DATABASE_LOGIN_REFUSED', // our host is blocked
  1130: 'DATABASE_LOGIN_REFUSED', // no user from our host
  1135: 'DATABASE_OUT_OF_RESOURCES', // threads
  1142: 'DATABASE_PERMISSION', // on a table
  1143: 'DATABASE_PERMISSION', // on a column
  1152: 'DATABASE_SESSION_ENDED',
  1158: 'DATABASE_CONNECTION_LOST',
  1159: 'DATABASE_CONNECTION_LOST',
  1160: 'DATABASE_CONNECTION_LOST',
  1161: 'DATABASE_CONNECTION_LOST',
  1184: 'DATABASE_SESSION_ENDED',
  1194: 'DATABASE_CORRUPTED',
  1195: 'DATABASE_CORRUPTED',
  1203: 'DATABASE_TOO_MANY_CONNECTIONS', // of the user
  1205: 'DATABASE_STATEMENT_ENDED', // waited for a lock
  1206: 'DATABASE_OUT_OF_RESOURCES', // locks
  1213: 'DATABASE_STATEMENT_ENDED', // deadlock
  1226: 'DATABASE_TOO_MANY_CONNECTIONS', // a limit of the account
  1227: 'DATABASE_PERMISSION', // a privilege of the server
  1251: 'DATABASE_LOGIN_METHOD',
  1275: 'DATABASE_LOGIN_METHOD',
  1317: 'DATABASE_STATEMENT_ENDED', // KILL QUERY
  1370: 'DATABASE_PERMISSION', // on a routine
  1419: 'DATABASE_PERMISSION', // SUPER is needed while the binary log is on
  1524: 'DATABASE_LOGIN_METHOD', // the account's plugin is not loaded
  1698: 'DATABASE_LOGIN_REFUSED', // MariaDB: this user can log in only over the Unix socket
  1712: 'DATABASE_CORRUPTED',
  1792: 'DATABASE_READ_ONLY', // of the session
  1820: 'DATABASE_LOGIN_REFUSED', // the password has expired
  1836: 'DATABASE_READ_ONLY',
  1862: 'DATABASE_LOGIN_REFUSED', // the password has expired
  1874: 'DATABASE_READ_ONLY', // of InnoDB
  1927: 'DATABASE_SESSION_ENDED', // MariaDB: KILL
  1969: 'DATABASE_STATEMENT_ENDED', // MariaDB: max_statement_time
  3024: 'DATABASE_STATEMENT_ENDED', // MySQL: max_execution_time
  3032: 'DATABASE_STARTING', // MySQL: offline_mode
  3118: 'DATABASE_LOGIN_REFUSED', // MySQL: the account is locked
  3159: 'DATABASE_LOGIN_REFUSED', // MySQL: require_secure_transport
  3168: 'DATABASE_STARTING', // MySQL: not available now
  3169: 'DATABASE_SESSION_ENDED', // MySQL: KILL
  3572: 'DATABASE_STATEMENT_ENDED', // MySQL: NOWAIT
  3955: 'DATABASE_LOGIN_REFUSED', // MySQL: blocked after wrong passwords
  4031: 'DATABASE_SESSION_ENDED', // MySQL: wait_timeout
  4151: 'DATABASE_LOGIN_REFUSED', // MariaDB: the account is locked
}

/** Error 1290: a server option forbids the statement. The message names the option. */
const BY_OPTION = 1290

export function codeOfNumber(number: number, message: string | null): ErrorCode {
  if (number === BY_OPTION && message !== null && /read[-_]only/.test(message)) return 'DATABASE_READ_ONLY'
  return CODES[number] ?? 'DATABASE_ERROR'
}
