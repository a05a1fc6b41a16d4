import { type Check, type CheckFix, finding, manual, well } from '../../check.ts'
import { createRole, grantRole } from '../connect/grant.ts'
import { streamRole } from '../setup/role.ts'
import { explainScope, streamScope } from '../tables/stream-scope.ts'
import type { Evidence } from './evidence.ts'
import { findingOf } from './finding.ts'

const REFUSED = 'the server refuses to open a change stream'

export const replicaSetCheck: Check<Evidence> = {
  id: 'replica-set',
  // It is the cause of all of them, so it is shown before the first.
  symptom: null,
  title: 'a replica set or a sharded cluster',
  codes: ['MONGODB_NO_REPLICA_SET'],
  run({ facts, watching }) {
    const expected = 'a member of a replica set, or a router of a sharded cluster'
    if (watching?.code === 'MONGODB_NO_REPLICA_SET') return findingOf(watching, REFUSED)
    const role = facts.setName === null ? facts.role : `${facts.role} of ${facts.setName}`
    return well(`MongoDB ${facts.version}, ${role}`, expected)
  },
}

/** Whether a stream can be opened with the scope that the configuration needs, by opening one. */
export const streamGrantCheck: Check<Evidence> = {
  id: 'stream-grants',
  symptom: 2,
  title: 'the privileges to watch',
  codes: ['DATABASE_PERMISSION'],
  run({ config, watching }) {
    const { covers } = streamScope(config)
    const expected = `changeStream and find on the ${covers}. ${explainScope(config)}`
    if (watching === null) return well('a stream was opened, and answered', expected)
    if (watching.code === 'MONGODB_NO_REPLICA_SET') return null
    if (watching.code !== 'DATABASE_PERMISSION') return findingOf(watching, REFUSED)
    return finding('fail', 'DATABASE_PERMISSION', {
      found: `${config.connection.user ?? 'a client that does not log in'} cannot open a stream: ${watching.found}`,
      expected,
      fix: grantFix(config),
    })
  },
}

function grantFix(config: Evidence['config']): readonly CheckFix[] {
  const role = streamRole(config)
  const grant = grantRole(config, { role: role.name, db: 'admin' })
  if (config.connection.user === null) return [manual(grant, '')]
  return [...createRole(role), grant].map((each) => ({ ...each, manualBecause: null }))
}
