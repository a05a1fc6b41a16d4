import { OffbeatError } from '../../../model/error.ts'
import { forPerson } from '../../../model/fix.ts'

/**
 * Runs what an administrator asks. A privilege that lacks is one of the administrator's URL, not of the source's user. `user`: of that URL;
 * null: it has none.
 */
export async function asAdministrator<T>(user: string | null, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof OffbeatError) || error.code !== 'DATABASE_PERMISSION') throw error
    throw new OffbeatError('DATABASE_PERMISSION', {
      message:
        user === null
          ? "the administrator's URL has no user, and the server wants a login"
          : `the user of the administrator's URL is no administrator: ${error.message}`,
      found: error.found ?? '',
      expected: 'a user with the role root, or with userAdminAnyDatabase and readWriteAnyDatabase',
      fix: [forPerson('put an administrator into OFFBEAT_ADMIN_URL (or --admin)')],
      details: error.details,
      cause: error,
    })
  }
}
