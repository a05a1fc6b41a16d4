import type { Fix } from '../../../model/fix.ts'
import { address } from '../../connect/server-target.ts'
import type { HeartbeatEvidence, HeartbeatFacts, HeartbeatFixes } from '../../heartbeat/facts.ts'
import { heartbeatEvidenceOf } from '../../heartbeat/heartbeat-evidence.ts'
import { listed } from '../../listed.ts'
import {
  dropHeartbeat,
  firstHeartbeat,
  grantHeartbeatWriter,
  heartbeatNamespace,
  insertHeartbeat,
  readHeartbeat,
} from '../beat/heartbeat-collection.ts'
import { outsideJobFixes } from '../beat/outside-job-fixes.ts'
import { writingConfig } from '../beat/writing-config.ts'
import { MONGODB_DEFAULTS, type MongodbConfig } from '../config.ts'
import { isDirect } from '../connect/client-options.ts'
import { grantRole } from '../connect/grant.ts'
import type { Evidence } from './evidence.ts'
import { lackingActions } from './privileges.ts'

export function heartbeatEvidence(evidence: Evidence): HeartbeatEvidence {
  return heartbeatEvidenceOf(evidence, {
    heartbeat: factsOf(evidence),
    fixes: fixesOf(evidence),
    words: MONGODB_DEFAULTS.words,
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
    isUpserted: true,
    ...{ keepsTimes: null, isLocked: false, lockedBy: null, suppressedBy: null },
  }
}

function tableOf(evidence: Evidence, name: string, location: string): HeartbeatFacts['table'] {
  const { heartbeat, config } = evidence
  switch (heartbeat.collection) {
    case 'missing':
      return { is: 'missing', found: `there is no collection ${name} in ${location}${elsewhere(evidence)}` }
    case 'hidden':
      return {
        is: 'hidden',
        found: `${config.connection.user ?? 'a client that does not log in'} has no privilege on ${name}, so it cannot be seen`,
      }
    case 'view':
      return { is: 'unfit', found: `${name} is a view, which cannot be written` }
    case 'there':
      return { is: 'there', lacksColumns: [] }
  }
}

/** A job may update the collection of another database than the one that is configured. */
function elsewhere({ config, collections }: Evidence): string {
  const others = collections.found
    .filter(({ name }) => name === config.heartbeat.source.table)
    .map(({ database }) => database)
  return others.length === 0
    ? ''
    : `; there is one of this name in ${listed(others)}, which heartbeat.source.schema would name`
}

const WRITING = ['find', 'insert', 'update']

/** The job outside the database runs `offbeat beat` with this configuration, so it writes as the source's user, or as the one of `primary`. */
function grantsOf(evidence: Evidence): HeartbeatFacts['grants'] {
  const { config, privileges, primaryPrivileges } = evidence
  const writing = writingConfig(config)
  const own = writing === config ? WRITING : ['find']
  const lacks = lacksOf(evidence, privileges, own)
  if (lacks !== null && lacks.length > 0) return { expected: own.join(', '), lacks }
  if (writing === config) return lacks === null ? unknownOf(evidence, config) : { expected: own.join(', '), lacks }
  if (writing === null)
    return {
      unseen: 'the user that the job writes the heartbeats as is not known',
      needs: 'primary: { url: ... } in the source',
    }
  if (primaryPrivileges !== null && 'unseen' in primaryPrivileges)
    return { unseen: `not seen over primary: ${primaryPrivileges.unseen}`, needs: 'a connection in primary that works' }
  const writers = lacksOf(evidence, primaryPrivileges, WRITING)
  return writers === null
    ? unknownOf(evidence, writing)
    : { user: writing.connection.user ?? '', expected: WRITING.join(', '), lacks: writers }
}

/** null: not known. */
function lacksOf(
  { config }: Evidence,
  privileges: Evidence['privileges'],
  actions: readonly string[],
): readonly string[] | null {
  const { schema, table } = config.heartbeat.source
  return privileges === null ? null : lackingActions(privileges, { database: schema, collection: table }, actions)
}

/** A server without logins lets everybody do everything. */
function unknownOf(
  { config, source }: Evidence,
  { connection }: Pick<MongodbConfig, 'connection'>,
): HeartbeatFacts['grants'] {
  if (connection.user === null) return null
  return {
    unseen: `whether ${connection.user} may write ${heartbeatNamespace(config)} is not known: the server does not list its privileges`,
    needs: `a heartbeat, which shows it: offbeat beat ${source}`,
  }
}

function readOnlyOf({ config, facts, target }: Evidence): HeartbeatFacts['readOnly'] {
  if (facts.role !== 'secondary' || !isDirect(config)) return null
  return { is: 'standby', found: `${address(target)} is a secondary, and directConnection=true leads to it alone` }
}

/** Where heartbeats are written over `primary`, either user can lack something. */
function grantFixes(evidence: Evidence): readonly Fix[] {
  const { config, privileges } = evidence
  const writing = writingConfig(config)
  const lacksRead = (lacksOf(evidence, privileges, ['find']) ?? []).length > 0
  if (writing !== config && (writing === null || lacksRead))
    return [grantRole(config, { role: 'read', db: config.heartbeat.source.schema })]
  return grantHeartbeatWriter(writing)
}

function fixesOf(evidence: Evidence): HeartbeatFixes {
  const { config, source } = evidence
  const none = () => []
  const read = grantRole(config, { role: 'read', db: config.heartbeat.source.schema })
  return {
    createTable: () => [insertHeartbeat(config)],
    dropTable: () => dropHeartbeat(config),
    insertRow: () => insertHeartbeat(config),
    firstHeartbeat: () => firstHeartbeat(config, source),
    grant: () => grantFixes(evidence),
    grantRead: () => read,
    readRow: () => readHeartbeat(config),
    outsideJob: outsideJobFixes(config),
    ...{ makeWritable: none, unlock: none, letThrough: none, checkJob: none, jobs: null },
  }
}
