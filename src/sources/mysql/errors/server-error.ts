/** What an ERR packet of the server tells us that can be repeated. */
export interface ServerError {
  /** e.g. 1045; those of MySQL and MariaDB are the same up to 1999 and differ after that. */
  readonly number: number
  readonly sqlstate: string
  /** The server's own words; null where they may hold a row's value or a secret. */
  readonly message: string | null
}

/** Classes whose messages hold names, settings and addresses, never values: connection, features, transaction state, login, catalog names, syntax and access. */
const SAFE_CLASS = /^(08|0A|25|28|3D|42)/

/**
 * Of the class HY000, which has everything in it, those that name files, settings, limits and tables alone. 1236 is the server's word on why a
 * dump cannot be read.
 */
const SAFE_GENERAL: readonly number[] = [
  1021, 1026, 1030, 1037, 1038, 1041, 1053, 1129, 1130, 1135, 1194, 1195, 1205, 1236, 1238, 1290, 1371, 1372, 1381,
  1419, 1524, 1577, 1593, 1698, 1712, 1786, 1787, 1788, 1792, 1820, 1836, 1862, 1927, 1969, 2013, 3024, 3032, 3118,
  3159, 3168, 3169, 4031, 4151,
]

/** A syntax error repeats the statement, which can have a password in it. */
const UNSAFE: readonly number[] = [1064, 1149]

/** The server's error inside whatever the driver threw; null when it is none. */
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

/** As the products' own clients print it. */
export function sayServerError({ number, sqlstate, message }: ServerError): string {
  return `ERROR ${number} (${sqlstate})${message === null ? '' : `: ${message}`}`
}
