import { type Fix, forPerson, inDatabase } from '../../../model/fix.ts'
import { unreachable } from '../../../model/unreachable.ts'
import type { StatementOptions } from '../../connect/session-life.ts'
import type { TextRow } from '../../connect/text-row.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { quoteIdentifier, quoteLiteral } from '../connect/quoting.ts'

/**
 * Where a session's setting can be set, in order of precedence: the first one that has it wins. `server`: it is set in none of the others.
 */
export type SettingOrigin = 'role in database' | 'role' | 'database' | 'all roles' | 'server'

/**
 * For each setting, where the value for new sessions of our user in this database comes from. The login role counts, not the one that `SET
 * role` changes to.
 */
export async function readSettingOrigins(
  connection: PostgresConnection,
  names: readonly string[],
  options: StatementOptions,
): Promise<ReadonlyMap<string, SettingOrigin>> {
  const rows = await connection.query(
    `SELECT DISTINCT ON (name) split_part(c, '=', 1) AS name, d.setrole <> 0 AS of_role, d.setdatabase <> 0 AS of_database
     FROM pg_catalog.pg_db_role_setting d, unnest(d.setconfig) c
     WHERE d.setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = session_user))
       AND d.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
       AND split_part(c, '=', 1) IN (${names.map(quoteLiteral).join(', ')})
     ORDER BY name, of_role DESC, of_database DESC`,
    [],
    options,
  )
  return new Map(rows.map((row) => [row['name'] ?? '', originOf(row['of_role'] === 't', row['of_database'] === 't')]))
}

function originOf(ofRole: boolean, ofDatabase: boolean): SettingOrigin {
  if (ofRole) return ofDatabase ? 'role in database' : 'role'
  return ofDatabase ? 'database' : 'all roles'
}

interface Session {
  readonly user: string
  readonly database: string
}

export function originInWords(origin: SettingOrigin, { user, database }: Session): string {
  switch (origin) {
    case 'role in database':
      return `set for the role ${user} in the database ${database}`
    case 'role':
      return `set for the role ${user}`
    case 'database':
      return `set for the database ${database}`
    case 'all roles':
      return 'set for all roles'
    case 'server':
      return 'set for the whole server'
    default:
      return unreachable(origin)
  }
}

/** Changes the setting for this user only, from the next session on, at the broadest level that still overrides `origin`. */
export function setForRole(origin: SettingOrigin, { user, database }: Session, assignment: string): string {
  const where = origin === 'role in database' ? ` IN DATABASE ${quoteIdentifier(database)}` : ''
  return `ALTER ROLE ${quoteIdentifier(user)}${where} SET ${assignment}`
}

/** What decides whether a statement can change a setting of the whole server. */
export interface SettingControl {
  /** The settings that are given on the server's command line. */
  readonly commandLine: readonly string[]
  /** `allow_alter_system`, which 17 and later can turn off. */
  readonly alterSystem: boolean
}

/** The columns of a query that `settingControl` reads. */
export const SETTING_CONTROL = `
  (SELECT string_agg(name, ',') FROM pg_catalog.pg_settings WHERE source IN ('command line', 'environment variable')) AS command_line,
  coalesce(current_setting('allow_alter_system', true), 'on') AS alter_system`

export function settingControl(row: TextRow | undefined): SettingControl {
  return {
    commandLine: (row?.['command_line'] ?? '').split(','),
    alterSystem: row?.['alter_system'] !== 'off',
  }
}

/** Changes a setting of the whole server. If no statement can do that, the fix is for a person. */
export function setForServer(server: SettingControl, name: string, value: string): Fix {
  if (server.commandLine.includes(name))
    return forPerson(
      `set ${name} = ${value} where the server is started: it is given on its command line, which ALTER SYSTEM does not override`,
    )
  if (!server.alterSystem)
    return forPerson(
      `set ${name} = ${value} in the configuration of the server; allow_alter_system is off, so it is managed from outside`,
    )
  return inDatabase(`ALTER SYSTEM SET ${name} = ${value}`, SUPERUSER)
}
