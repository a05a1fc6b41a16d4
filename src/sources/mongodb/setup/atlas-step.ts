import { forPerson, inShell } from '../../../model/fix.ts'
import { shellWord } from '../../../model/shell-word.ts'
import type { MongodbConfig } from '../config.ts'
import type { Privilege, Role } from '../connect/grant.ts'
import type { MongodbStep } from './mongodb-step.ts'

/** The actions as Atlas names them. */
function atlasAction(action: string): string {
  return action.replaceAll(/([A-Z])/g, '_$1').toUpperCase()
}

function atlasPrivileges({ resource, actions }: Privilege): readonly string[] {
  if ('cluster' in resource) return actions.map(atlasAction)
  const at = `${resource.db}.${resource.collection}`
  return actions.map((action) => `${atlasAction(action)}@${at}`)
}

/**
 * The commands of Atlas's own client that create the roles, and the user with its own of them. From its documentation; not run.
 */
export function atlasSteps(
  { connection }: MongodbConfig,
  all: readonly Role[],
  own: readonly Role[],
): readonly MongodbStep[] {
  const { user } = connection
  if (user === null) return []
  const create = all.map(({ name, privileges }) => {
    const list = privileges.flatMap(atlasPrivileges).join(',')
    return inShell(`atlas customDbRoles create ${shellWord(name)} --privilege ${shellWord(list)}`)
  })
  const names = own.map(({ name }) => name).join(',')
  return [
    {
      id: 'atlas-roles',
      why: 'Atlas creates roles and users itself: its servers refuse the commands for it.',
      by: 'operator',
      fix: [...create, forPerson('or create the roles in the console, under Database Access, Custom Roles')],
    },
    {
      id: 'atlas-user',
      why: 'The connector has a user of its own, with only the privileges that it needs.',
      by: 'operator',
      fix: [inShell(`atlas dbusers create --username ${shellWord(user)} --role ${shellWord(names)}`)],
    },
  ]
}
