import { inDatabase } from '../../../model/fix.ts'
import type { StepState } from '../../admin-session.ts'
import type { MongodbConfig } from '../config.ts'
import { authenticationDatabase } from '../connect/client-options.ts'
import { shellCommandText } from '../connect/command-text.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { createRole, type Privilege, type Role } from '../connect/grant.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import { doneIf, type MongodbStep, PASSWORD } from './mongodb-step.ts'

/** Creates the role, or adds to one of this name what it lacks. */
export function roleStep(role: Role, id: string, why: string): MongodbStep {
  const { name, privileges } = role
  return {
    id,
    why,
    by: 'setup',
    fix: createRole(role),
    state: async (connection, signal) => {
      const command = { rolesInfo: { role: name, db: 'admin' }, showPrivileges: true }
      const { roles } = await connection.command('admin', command, { signal })
      const has: readonly Privilege[] = roles?.[0]?.privileges ?? []
      return doneIf(roles?.length > 0 && privileges.every((privilege) => isWithin(privilege, has)))
    },
  }
}

function isWithin({ resource, actions }: Privilege, has: readonly Privilege[]): boolean {
  const text = JSON.stringify(resource)
  const granted = has.filter((each) => JSON.stringify(each.resource) === text).flatMap((each) => each.actions)
  return actions.every((action) => granted.includes(action))
}

/** The user of the source, and then its roles. */
export function userSteps(config: MongodbConfig, roles: readonly Role[]): readonly MongodbStep[] {
  const { user } = config.connection
  if (user === null) return []
  const database = authenticationDatabase(config)
  const named = roles.map(({ name }) => ({ role: name, db: 'admin' }))
  return [
    {
      id: 'user',
      why: 'The connector has a user of its own, with only the privileges that it needs.',
      by: 'setup',
      placeholder: PASSWORD,
      fix: [
        inDatabase(
          shellCommandText({ database, command: { createUser: user, pwd: '<password>', roles: [] } }),
          ADMINISTRATOR,
        ),
      ],
      state: async (connection, signal) => doneIf((await rolesOf(connection, user, database, signal)) !== null),
    },
    {
      id: 'user-roles',
      why: 'These roles have the privileges that the connector needs.',
      by: 'setup',
      fix: [
        inDatabase(shellCommandText({ database, command: { grantRolesToUser: user, roles: named } }), ADMINISTRATOR),
      ],
      state: async (connection, signal): Promise<StepState> => {
        const has = await rolesOf(connection, user, database, signal)
        return doneIf(has !== null && named.every(({ role }) => has.includes(role)))
      },
    },
  ]
}

/** The user of `primary`, where it is another one than the source's. It is not ours to create. */
export function jobUserStep(config: MongodbConfig, { name }: Role): MongodbStep {
  const writing = { ...config, connection: config.primary ?? config.connection }
  const database = authenticationDatabase(writing)
  const user = String(writing.connection.user)
  const roles = [{ role: name, db: 'admin' }]
  return {
    id: 'job-user-roles',
    why: 'The job writes the heartbeats as the user of `primary`.',
    by: 'operator',
    fix: [
      inDatabase(createWithPrompt(user, database), ADMINISTRATOR, { note: `only if there is no user ${user} yet` }),
      inDatabase(shellCommandText({ database, command: { grantRolesToUser: user, roles } }), ADMINISTRATOR),
    ],
    evidence: async (connection, signal) => {
      const has = await rolesOf(connection, user, database, signal)
      return [has === null ? `there is no user ${user}: create it first` : `the user ${user} lacks the role ${name}`]
    },
    state: async (connection, signal) => {
      const has = await rolesOf(connection, user, database, signal)
      return doneIf(has?.includes(name) === true)
    },
  }
}

/** The shell asks for the password. */
function createWithPrompt(user: string, database: string): string {
  const [at, name] = [JSON.stringify(database), JSON.stringify(user)]
  return `db.getSiblingDB(${at}).runCommand({ createUser: ${name}, pwd: passwordPrompt(), roles: [] })`
}

/** null: there is no such user. */
async function rolesOf(
  connection: MongodbConnection,
  user: string,
  database: string,
  signal: AbortSignal,
): Promise<readonly string[] | null> {
  const { users } = await connection.command(database, { usersInfo: { user, db: database } }, { signal })
  const [found] = users ?? []
  if (found === undefined) return null
  const roles: readonly { readonly role?: unknown }[] = found['roles'] ?? []
  return roles.map(({ role }) => String(role))
}
