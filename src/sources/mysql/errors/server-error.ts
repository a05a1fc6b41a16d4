/** The contents of a server's ERR packet that are safe to repeat. */
export interface ServerError {
  /** For example 1045. MySQL and MariaDB use the same numbers up to 1999 and different ones after that. */
  readonly number: number
  readonly sqlstate: string
  /** The server's own message. null: it could contain a row's value or a secret. */
  readonly message: string | null
}

/**
 * SQLSTATE classes whose messages contain names, settings and addresses, but never values: connection, features, transaction state, login,
 * catalog names, syntax and access.
 */
const SAFE_CLASS = /^(08|0A|25|28|3D|42)/

/**
 * HY000 is the class for everything else. These are its errors whose messages name only files, settings, limits and tables. Error 1236
 * explains why a dump cannot be read.
 */
const SAFE_GENERAL: readonly number[] = [
  1021, 1026, 1030, 1037, 1038, 1041, 1053, 1129, 1130, 1135, 1194, 1195, 1205, 1236, 1238, 1290, 1371, 1372, 1381,
  1419, 1524, 1577, 1593, 1698, 1712, 1786, 1787, 1788, 1792, 1819, 1820, 1836, 1862, 1927, 1969, 2013, 3024, 3032,
  3118, 3159, 3168, 3169, 4031, 4151,
]

/** A syntax error repeats part of the statement, which can contain a password. */
const UNSAFE: readonly number[] = [1064, 1149]

/** Extracts the server's error from what the driver threw. null: it is not a server error. */
export function serverErrorOf(thrown: unknown): ServerError | null {
  if (typeof thrown !== 'object' || thrown === null || !('errno' in thrown) || !('sqlState' in thrown)) return null
  const { errno, sqlState } = thrown
  if (typeof errno !== 'number' || !Number.isInteger(errno) || errno <= 0) return null
  const sqlstate = typeof sqlState === 'string' && /^[0-9A-Z]{5}$/.test(sqlState) ? sqlState : 'HY000'
  const message = 'sqlMessage' in thrown && typeof thrown.sqlMessage === 'string' ? thrown.sqlMessage : null
  return { number: errno, sqlstate, message: wordsAreSafe(errno, sqlstate) ? message : null }
}

function wordsAreSafe(number: number, sqlstate: string): boolean {
  return !UNSAFE.includes(number) && (SAFE_CLASS.test(sqlstate) || SAFE_GENERAL.includes(number))
}

/** Formats the error as the products' own clients print it. */
export function sayServerError({ number, sqlstate, message }: ServerError): string {
  return `ERROR ${number} (${sqlstate})${message === null ? '' : `: ${message}`}`
}
