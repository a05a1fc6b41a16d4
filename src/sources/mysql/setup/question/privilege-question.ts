import type { Question } from '../../../admin/sql-step.ts'
import type { MysqlKind } from '../../config.ts'
import { type Account, neutralLiteral, type QualifiedName } from '../../connect/quoting.ts'

/*
 * The privileges of an account, from information_schema, which both products have. It shows all accounts to a user that can read the database
 * `mysql`. A grantee is there in quotes that are not escaped. Names are compared as bytes, because the collations of these tables differ
 * between versions.
 */

export function sameText(left: string, right: string): string {
  return `CAST(${left} AS BINARY) = CAST(${right} AS BINARY)`
}

export function isGrantee({ user, host }: Account): string {
  return sameText('GRANTEE', neutralLiteral(`'${user}'@'${host}'`))
}

function hasOnServer(account: Account, privilege: string): string {
  return `EXISTS (SELECT 1 FROM information_schema.USER_PRIVILEGES WHERE ${isGrantee(account)}
    AND PRIVILEGE_TYPE = '${privilege}')`
}

/** `database`: an SQL expression. The database of a privilege is a pattern. */
function hasOnDatabase(account: Account, database: string, privilege: string): string {
  return `EXISTS (SELECT 1 FROM information_schema.SCHEMA_PRIVILEGES s WHERE ${isGrantee(account)}
    AND CAST(${database} AS BINARY) LIKE CAST(s.TABLE_SCHEMA AS BINARY) AND PRIVILEGE_TYPE = '${privilege}')`
}

/** Whether the account has SELECT on all tables of the database, as a condition. `database`: an SQL expression. */
export function readsDatabase(account: Account, database: string): string {
  return `(${hasOnServer(account, 'SELECT')} OR ${hasOnDatabase(account, database, 'SELECT')})`
}

export function serverPrivileges(account: Account, privileges: readonly string[]): Question {
  return { query: `SELECT ${privileges.map((one) => hasOnServer(account, one)).join(' AND ')}`, params: [] }
}

export function databasePrivileges(account: Account, database: string, privileges: readonly string[]): Question {
  const name = neutralLiteral(database)
  const each = privileges.map((one) => `(${hasOnServer(account, one)} OR ${hasOnDatabase(account, name, one)})`)
  return { query: `SELECT ${each.join(' AND ')}`, params: [] }
}

export const PARTIAL_REVOKES = 'partial_revokes is ON'

/** Whether the grant on the database is written in another way where MySQL has `partial_revokes` on. */
export function isPattern(kind: MysqlKind, database: string): boolean {
  return kind === 'mysql' && /[_%]/.test(database)
}

/** For MySQL with `partial_revokes`, where the database of a privilege is no pattern. Done also where that is off. */
export function exactDatabasePrivileges(account: Account, database: string, privilege: string): Question {
  return {
    query: `SELECT @@GLOBAL.partial_revokes = 0 OR ${hasOnServer(account, privilege)}
      OR EXISTS (SELECT 1 FROM information_schema.SCHEMA_PRIVILEGES WHERE ${isGrantee(account)}
        AND ${sameText('TABLE_SCHEMA', neutralLiteral(database))} AND PRIVILEGE_TYPE = '${privilege}')`,
    params: [],
  }
}

export function tablePrivileges(
  account: Account,
  { database, name }: QualifiedName,
  privileges: readonly string[],
): Question {
  const inDatabase = neutralLiteral(database)
  const each = privileges.map(
    (one) => `(${hasOnServer(account, one)} OR ${hasOnDatabase(account, inDatabase, one)}
      OR EXISTS (SELECT 1 FROM information_schema.TABLE_PRIVILEGES WHERE ${isGrantee(account)}
        AND ${sameText('TABLE_SCHEMA', inDatabase)} AND ${sameText('TABLE_NAME', neutralLiteral(name))}
        AND PRIVILEGE_TYPE = '${one}'))`,
  )
  return { query: `SELECT ${each.join('\n    AND ')}`, params: [] }
}
