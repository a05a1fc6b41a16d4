import { inDatabase, type StatementFix } from '../../../model/fix.ts'
import type { MongodbConfig } from '../config.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import { authenticationDatabase } from './client-options.ts'
import { shellCommandText } from './command-text.ts'

/** Gives the user of the source a role. A server that asks for roles has asked for a login. */
export function grantRole(config: MongodbConfig, role: { readonly role: string; readonly db: string }): StatementFix {
  const command = { grantRolesToUser: config.connection.user ?? 'USER', roles: [role] }
  return inDatabase(shellCommandText({ database: authenticationDatabase(config), command }), ADMINISTRATOR)
}
