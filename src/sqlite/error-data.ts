import { asOffbeatError, OffbeatError } from '../model/error.ts'
import { storeError } from './store-error.ts'
import type { ErrorData } from './worker-message.ts'

/** Converts anything thrown in the worker to data. */
export function errorData(thrown: unknown, path: string): ErrorData {
  const { code, message, found, expected, fix, details, stack } = asOffbeatError(storeError(thrown, path))
  return { code, message, found, expected, fix, details, stack: stack ?? null }
}

/** Rebuilds the error from the data. `cause` has the worker's stack. */
export function errorFrom(data: ErrorData): OffbeatError {
  const { code, message, found, expected, fix, details, stack } = data
  return new OffbeatError(code, {
    message,
    fix,
    details,
    ...(found === null ? {} : { found }),
    ...(expected === null ? {} : { expected }),
    ...(stack === null ? {} : { cause: stack }),
  })
}
