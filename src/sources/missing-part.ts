import { OffbeatError } from '../model/error.ts'
import type { ErrorCode } from '../model/error-code.ts'

type Part = 'reader' | 'setup' | 'admin' | 'checkup'

const MISSING: { readonly [part in Part]: { readonly code: ErrorCode; readonly why: string } } = {
  reader: { code: 'SOURCE_NOT_READABLE', why: 'Offbeat does not read its log' },
  setup: { code: 'SETUP_NOT_AVAILABLE', why: 'Offbeat has no set-up for it' },
  admin: { code: 'ADMINISTRATOR_NOT_AVAILABLE', why: 'Offbeat runs no statements on it for an administrator' },
  checkup: { code: 'CHECKUP_NOT_AVAILABLE', why: 'Offbeat has no checks for it' },
}

/** The error for a command that needs a part that this kind of source does not have. `what`: a clause such as "cannot run shop". */
export function missingPart(part: Part, kind: string, what: string): OffbeatError {
  const { code, why } = MISSING[part]
  return new OffbeatError(code, {
    message: `${what}: the source is of kind ${kind}, and ${why}`,
    found: `kind: ${kind}`,
  })
}
