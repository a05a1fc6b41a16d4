import { OffbeatError } from '../../../model/error.ts'

/** The error number of a missing privilege of the server, which the statement as a whole needs. */
const DENIED = 1227

export function isDenied(error: unknown): boolean {
  return error instanceof OffbeatError && error.details['number'] === DENIED
}
