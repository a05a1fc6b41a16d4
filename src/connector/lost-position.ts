import { OffbeatError } from '../model/error.ts'
import type { Resume } from '../model/log-state.ts'

/** What an inspection found, as the error that the reader would have thrown. */
export function lostPosition({ code, evidence, choices, loss }: Extract<Resume, { can: 'no' }>): OffbeatError {
  const { message, found, expected } = evidence
  return new OffbeatError(code, {
    message: typeof message === 'string' ? message : new OffbeatError(code, { message: code }).entry.summary,
    ...(typeof found === 'string' ? { found } : {}),
    ...(typeof expected === 'string' ? { expected } : {}),
    details: evidence,
    fix: choices,
    ...(loss === undefined ? {} : { loss }),
  })
}
