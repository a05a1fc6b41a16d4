import type { MongodbConnection } from '../connect/connection.ts'
import type { Privilege } from '../connect/grant.ts'

/**
 * The user's privileges. null: they are not known, because the connection has no login, or because the server lists none although the user
 * has roles (servers that only speak the protocol).
 */
export async function readPrivileges(
  connection: MongodbConnection,
  signal: AbortSignal,
): Promise<readonly Privilege[] | null> {
  const { authInfo } = await connection.command('admin', { connectionStatus: 1, showPrivileges: true }, { signal })
  const { authenticatedUsers: users = [], authenticatedUserRoles: roles = [] } = authInfo ?? {}
  const privileges: readonly Privilege[] = authInfo?.authenticatedUserPrivileges ?? []
  const hasNone = users.length > 0 && roles.length === 0
  return privileges.length === 0 && !hasNone ? null : privileges
}

/** The actions on a collection that no privilege covers. */
export function lackingActions(
  privileges: readonly Privilege[],
  { database, collection }: { readonly database: string; readonly collection: string },
  actions: readonly string[],
): readonly string[] {
  const covers = ({ resource }: Privilege) =>
    'db' in resource &&
    (resource.db === '' || resource.db === database) &&
    (resource.collection === '' || resource.collection === collection)
  const has = privileges.filter(covers).flatMap((privilege) => privilege.actions)
  return actions.filter((action) => !has.includes(action))
}
