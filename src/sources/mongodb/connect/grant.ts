import { type Fix, inDatabase, type StatementFix } from '../../../model/fix.ts'
import type { MongodbConfig } from '../config.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import { authenticationDatabase } from './client-options.ts'
import { shellCommandText } from './command-text.ts'
import { nameUser } from './mongodb-target.ts'

/** A privilege of a role, as the server's commands have it. */
export type Privilege = {
  readonly resource: { readonly db: string; readonly collection: string } | { readonly cluster: true }
  readonly actions: readonly string[]
}

export interface Role {
  readonly name: string
  readonly privileges: readonly Privilege[]
}

/** Two commands, so that a role that exists already gets what it lacks, also where the text is pasted. */
export function createRole({ name, privileges }: Role): readonly StatementFix[] {
  const create = { createRole: name, privileges: [], roles: [] }
  const grant = { grantPrivilegesToRole: name, privileges }
  return [
    inDatabase(shellCommandText({ database: 'admin', command: create }), ADMINISTRATOR, {
      note: 'it fails, which is harmless, if the role exists already',
    }),
    inDatabase(shellCommandText({ database: 'admin', command: grant }), ADMINISTRATOR),
  ]
}

/** Gives the user of the source a role. Without a user there is nobody to give it to. */
export function grantRole(config: MongodbConfig, role: { readonly role: string; readonly db: string }): Fix {
  const { user } = config.connection
  if (user === null) return nameUser(role)
  const command = { grantRolesToUser: user, roles: [role] }
  return inDatabase(shellCommandText({ database: authenticationDatabase(config), command }), ADMINISTRATOR)
}
