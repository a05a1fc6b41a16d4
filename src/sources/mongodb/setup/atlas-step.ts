import { forPerson, inShell } from '../../../model/fix.ts'
import { shellWord } from '../../../model/shell-word.ts'
import type { MongodbConfig } from '../config.ts'
import type { Privilege, Role } from '../connect/grant.ts'
import { RETENTION } from './collection-step.ts'
import type { MongodbStep } from './mongodb-step.ts'

/** The actions as Atlas names them. */
function atlasAction(action: string): string {
  return action.replaceAll(/([A-Z])/g, '_$1').toUpperCase()
}

function atlasPrivileges({ resource, actions }: Privilege): readonly string[] {
  if ('cluster' in resource) return actions.map(atlasAction)
  const at = resource.collection === '' ? resource.db : `${resource.db}.${resource.collection}`
  return actions.map((action) => `${atlasAction(action)}@${at}`)
}

/** A privilege on all databases is none that its client can express: a built-in role has it. */
function isOnAll({ resource }: Privilege): boolean {
  return 'db' in resource && resource.db === ''
}

function createOnAtlas({ name, privileges }: Role): string {
  const inherits = privileges.some(isOnAll) ? ' --inheritedRole readAnyDatabase@admin' : ''
  const list = privileges.filter((privilege) => !isOnAll(privilege)).flatMap(atlasPrivileges)
  return `atlas customDbRoles create ${shellWord(name)}${inherits} --privilege ${shellWord(list.join(','))}`
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
  const create = all.map((role) => inShell(createOnAtlas(role)))
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

/** Atlas refuses `replSetResizeOplog`. From its documentation; not run. */
export function atlasRetentionStep(): MongodbStep {
  return {
    ...RETENTION,
    fix: [
      forPerson(
        'in the console of Atlas, edit the configuration of the cluster: Additional Settings, More Configuration Options, Minimum Oplog Window: 48 hours',
      ),
    ],
  }
}
