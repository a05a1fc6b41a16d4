import { type Fix, forPerson, inDatabase } from '../../../model/fix.ts'
import { insertHeartbeat } from '../beat/heartbeat-collection.ts'
import type { MongodbConfig } from '../config.ts'
import { shellCommandText } from '../connect/command-text.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { ADMINISTRATOR } from '../errors/errors.ts'
import { minimumRetention } from '../inspect/raise-limit.ts'
import type { Namespace } from '../tables/watched-collections.ts'
import { doneIf, type MongodbStep } from './mongodb-step.ts'

export function replicaSetStep(): MongodbStep {
  return {
    id: 'replica-set',
    why: 'Only the members of a replica set and the routers of a sharded cluster have change streams.',
    by: 'operator',
    blocks: true,
    onlyWhere: 'the server is standalone',
    fix: [
      forPerson('start mongod with --replSet rs0, or set replication.replSetName in its configuration file'),
      inDatabase(shellCommandText({ database: 'admin', command: { replSetInitiate: {} } }), ADMINISTRATOR),
    ],
    state: async ({ facts }) => doneIf(facts.role !== 'standalone'),
    evidence: async ({ facts }) => [`hello reports no setName: the server is ${facts.role}`],
  }
}

/** The first write creates the collection. */
export function heartbeatStep(config: MongodbConfig): MongodbStep {
  const { schema, table } = config.heartbeat.source
  return {
    id: 'heartbeat-collection',
    why: 'The heartbeats change one document of this collection.',
    by: 'setup',
    fix: [insertHeartbeat(config)],
    state: async (connection, signal) => {
      const find = { find: table, filter: { _id: 1 }, limit: 1, singleBatch: true }
      const { cursor } = await connection.command(schema, find, { signal })
      return doneIf(cursor?.firstBatch?.length > 0)
    },
  }
}

/** The images before and after changes are kept only for collections where that is turned on. */
export function imageSteps(config: MongodbConfig, named: readonly Namespace[] | null): readonly MongodbStep[] {
  const { fullDocument, fullDocumentBeforeChange } = config
  const isNeeded = fullDocumentBeforeChange !== 'off' || fullDocument === 'whenAvailable' || fullDocument === 'required'
  if (!isNeeded) return []
  const why = 'The server stores documents before and after their changes only in collections where that is turned on.'
  if (named === null || named.length === 0)
    return [
      {
        id: 'images',
        why,
        by: 'operator',
        fix: [forPerson('for each watched collection:'), turnOn('<database>', '<collection>')],
      },
    ]
  return [
    {
      id: 'images',
      why,
      by: 'setup',
      fix: named.map(({ database, name }) => turnOn(database, name)),
      state: async (connection, signal) => {
        const states = await Promise.all(named.map((each) => hasImages(connection, each, signal)))
        return doneIf(states.every((isOn) => isOn))
      },
    },
  ]
}

function turnOn(database: string, name: string): Fix {
  const command = { collMod: name, changeStreamPreAndPostImages: { enabled: true } }
  return inDatabase(shellCommandText({ database, command }), ADMINISTRATOR)
}

async function hasImages(
  connection: MongodbConnection,
  { database, name }: Namespace,
  signal: AbortSignal,
): Promise<boolean> {
  const { cursor } = await connection.command(database, { listCollections: 1, filter: { name } }, { signal })
  return cursor?.firstBatch?.[0]?.options?.changeStreamPreAndPostImages?.enabled === true
}

export const RETENTION = {
  id: 'oplog-retention',
  why: 'Without a minimum retention, a burst of writes shortens the time for which a connector can be down.',
  by: 'operator',
  optional: true,
} as const satisfies Partial<MongodbStep>

/** How long the oplog reaches back depends on the writes, unless a minimum is set. */
export function retentionStep(): MongodbStep {
  return {
    ...RETENTION,
    fix: [
      inDatabase(minimumRetention(), ADMINISTRATOR, {
        note: 'on each member; MongoDB 4.4 or newer; in its configuration file: storage.oplogMinRetentionHours',
      }),
    ],
  }
}
