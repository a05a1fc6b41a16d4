import { likePattern } from '../beat/replication/table-filter.ts'
import type { MysqlConnection } from '../connect/connection.ts'

/** Where the user can SELECT, as far as it is granted on more than single tables. */
export interface SelectGrants {
  /** On all databases. */
  readonly everywhere: boolean
  /** Patterns of databases, as in LIKE. */
  readonly databases: readonly string[]
}

const GRANT = /^GRANT (.+) ON (\*|`(?:[^`]|``)+`)\.\* TO /u

/** Includes the privileges of the session's roles, which MySQL lists only on request. */
export async function readSelectGrants(connection: MysqlConnection, signal: AbortSignal): Promise<SelectGrants> {
  const roles = connection.version.product === 'mysql' ? await activeRoles(connection, signal) : null
  const sql = roles === null ? 'SHOW GRANTS' : `SHOW GRANTS FOR CURRENT_USER() USING ${roles}`
  const rows = await connection.query(sql, [], { signal })
  const places = rows.flatMap((row) => Object.values(row)).flatMap((grant) => placeOfSelect(grant ?? ''))
  return { everywhere: places.includes('*'), databases: places.filter((place) => place !== '*') }
}

function placeOfSelect(grant: string): readonly string[] {
  const [, privileges = '', on = ''] = GRANT.exec(grant) ?? []
  if (!privileges.split(', ').some((each) => each === 'SELECT' || each === 'ALL PRIVILEGES')) return []
  return [on === '*' ? on : on.slice(1, -1).replaceAll('``', '`')]
}

/** As a list for a statement. null: none is active, or MySQL 5.7, which has no roles. */
async function activeRoles(connection: MysqlConnection, signal: AbortSignal): Promise<string | null> {
  if (connection.version.major < 8) return null
  const [row] = await connection.query('SELECT CURRENT_ROLE() AS roles', [], { signal })
  const roles = row?.['roles'] ?? 'NONE'
  return roles === 'NONE' ? null : roles
}

/** Whether the catalogue shows all tables of the database, of all databases if it is not given. */
export function seesTables({ everywhere, databases }: SelectGrants, database: string | undefined): boolean {
  if (everywhere) return true
  return database !== undefined && databases.some((pattern) => likePattern(pattern).test(database))
}
