import { asOffbeatError, OffbeatError } from '../model/error.ts'
import { storeError } from './store-error.ts'
import type { ErrorData } from './worker-message.ts'

/** Anything thrown in the worker as data. */
export function errorData(thrown: unknown, path: string): ErrorData {
  const { code, message, found, expected, fix, details, stack } = asOffbeatError(storeError(thrown, path))
  return { code, message, found, expected, fix, details, stack: stack ?? null }
}

/** The error that the data was made from; `cause` has the worker's stack. */
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
