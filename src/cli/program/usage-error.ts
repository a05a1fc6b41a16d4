import { OffbeatError } from '../../model/error.ts'
import type { Fix } from '../../model/fix.ts'

/** The command line is wrong: exit code 2. */
export function usageError(message: string, about: { found?: string; expected?: string; fix?: readonly Fix[] } = {}) {
  return new OffbeatError('USAGE_INVALID', { message, ...about })
}
