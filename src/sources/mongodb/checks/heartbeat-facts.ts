import { address } from '../../connect/server-target.ts'
import type { HeartbeatEvidence, HeartbeatFacts, HeartbeatFixes } from '../../heartbeat/facts.ts'
import { heartbeatEvidenceOf } from '../../heartbeat/heartbeat-evidence.ts'
import { listed } from '../../listed.ts'
import {
  dropHeartbeat,
  grantHeartbeatWriter,
  heartbeatNamespace,
  insertHeartbeat,
  readHeartbeat,
} from '../beat/heartbeat-collection.ts'
import { outsideJobFixes } from '../beat/outside-job-fixes.ts'
import { isDirect } from '../connect/client-options.ts'
import { grantRole } from '../connect/grant.ts'
import type { Evidence } from './evidence.ts'
import { lackingActions } from './privileges.ts'

export function heartbeatEvidence(evidence: Evidence): HeartbeatEvidence {
  return heartbeatEvidenceOf(evidence, {
    heartbeat: factsOf(evidence),
    fixes: fixesOf(evidence),
    replicaWord: 'replica',
    // MongoDB has none.
    scheduler: () => null,
  })
}

function factsOf(evidence: Evidence): HeartbeatFacts {
  const { config, target, heartbeat } = evidence
  const { schema } = config.heartbeat.source
  const name = heartbeatNamespace(config)
  const location = `the database ${schema} on ${address(target)}`
  return {
    name,
    location,
    user: target.user,
    expected: `a collection ${name} with one document: _id 1, text and last_update`,
    table: tableOf(evidence, name, location),
    grants: grantsOf(evidence),
    readOnly: readOnlyOf(evidence),
    row: heartbeat.row,
    ...{ keepsTimes: null, isLocked: false, lockedBy: null, suppressedBy: null },
  }
}

function tableOf(evidence: Evidence, name: string, location: string): HeartbeatFacts['table'] {
  const { heartbeat, target } = evidence
  switch (heartbeat.collection) {
    case 'missing':
      return { is: 'missing', found: `there is no collection ${name} in ${location}${elsewhere(evidence)}` }
    case 'hidden':
      return { is: 'hidden', found: `${target.user} has no privilege on ${name}, so it cannot be seen` }
    case 'view':
      return { is: 'there', lacksColumns: ['_id (it is a view, which cannot be written)'] }
    case 'there':
      return { is: 'there', lacksColumns: [] }
  }
}

/** A job may update the collection of another database than the one that is configured. */
function elsewhere({ config, collections }: Evidence): string {
  const others = collections
    .filter(({ name }) => name === config.heartbeat.source.table)
    .map(({ database }) => database)
  return others.length === 0
    ? ''
    : `; there is one of this name in ${listed(others)}, which heartbeat.source.schema would name`
}

/** In mode `job` the job has a user of its own, unless it runs `offbeat beat` with this configuration. */
function grantsOf({ config, privileges }: Evidence): HeartbeatFacts['grants'] {
  if (privileges === null) return null
  const { schema, table, mode } = config.heartbeat.source
  const actions = mode === 'table' ? ['find', 'insert', 'update'] : ['find']
  const lacks = lackingActions(privileges, { database: schema, collection: table }, actions)
  return { expected: actions.join(', '), lacks }
}

function readOnlyOf({ config, facts, target }: Evidence): HeartbeatFacts['readOnly'] {
  if (facts.role !== 'secondary' || !isDirect(config)) return null
  return { is: 'standby', found: `${address(target)} is a secondary, and directConnection=true leads to it alone` }
}

function fixesOf({ config }: Evidence): HeartbeatFixes {
  const none = () => []
  const read = grantRole(config, { role: 'read', db: config.heartbeat.source.schema })
  return {
    createTable: () => [insertHeartbeat(config)],
    dropTable: () => dropHeartbeat(config),
    insertRow: () => insertHeartbeat(config),
    grant: () => (config.readOnly ? [read] : grantHeartbeatWriter(config)),
    grantRead: () => read,
    readRow: () => readHeartbeat(config),
    outsideJob: outsideJobFixes(config),
    ...{ makeWritable: none, unlock: none, letThrough: none, checkJob: none, jobs: null },
  }
}
