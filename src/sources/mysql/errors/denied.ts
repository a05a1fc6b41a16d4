import { OffbeatError } from '../../../model/error.ts'

/** The server's error number. null: it is not an error of the server. */
export function numberOfError(error: unknown): number | null {
  const number = error instanceof OffbeatError ? error.details['number'] : null
  return typeof number === 'number' ? number : null
}

/** The error number of a missing privilege of the server, which the statement as a whole needs. */
const DENIED = 1227

export function isDenied(error: unknown): boolean {
  return numberOfError(error) === DENIED
}
