import { OffbeatError } from '../../model/error.ts'

/** The command line is wrong: exit code 2. */
export function usageError(
  message: string,
  about: { found?: string; expected?: string; fix?: readonly string[] } = {},
) {
  return new OffbeatError('USAGE_INVALID', { message, ...about })
}
