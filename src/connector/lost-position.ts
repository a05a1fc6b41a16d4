import { OffbeatError } from '../model/error.ts'
import type { Resume } from '../model/log-state.ts'

/** Turns the result of an inspection into the error that the reader would have thrown. */
export function lostPosition(resume: Extract<Resume, { can: 'no' }>): OffbeatError {
  const { code, message, found, expected, details, choices, loss } = resume
  return new OffbeatError(code, {
    message,
    ...(found === null ? {} : { found }),
    ...(expected === null ? {} : { expected }),
    details,
    fix: choices,
    ...(loss === undefined ? {} : { loss }),
  })
}
