import { heartbeatRole } from '../beat/heartbeat-collection.ts'
import type { MongodbConfig } from '../config.ts'
import { streamScope } from '../tables/stream-scope.ts'

/** A privilege of a role, as the server's commands have it. */
export type Privilege = {
  readonly resource: { readonly db: string; readonly collection: string } | { readonly cluster: true }
  readonly actions: readonly string[]
}

export interface Role {
  readonly name: string
  readonly privileges: readonly Privilege[]
}

/** What reading the stream needs. `updateLookup` reads the collections themselves. */
export function streamRole(config: MongodbConfig): Role {
  const scope = streamScope(config)
  const resource = {
    db: scope.covers === 'cluster' ? '' : scope.database,
    collection: scope.covers === 'collection' ? scope.name : '',
  }
  return {
    name: `${roleOwner(config)}_stream`,
    privileges: [
      { resource, actions: ['changeStream', 'find', ...(scope.covers === 'collection' ? [] : ['listCollections'])] },
      // How far back the log reaches.
      { resource: { db: 'local', collection: 'oplog.rs' }, actions: ['collStats', 'find'] },
      // The id of the replica set.
      { resource: { db: 'local', collection: 'system.replset' }, actions: ['find'] },
    ],
  }
}

/** The built-in roles cover whole databases, so the heartbeat collection has a role of its own. What is read is in `streamRole`. */
export function heartbeatRoleOf(config: MongodbConfig): Role {
  const { schema, table } = config.heartbeat.source
  return {
    name: heartbeatRole(config),
    privileges: [{ resource: { db: schema, collection: table }, actions: ['find', 'insert', 'update'] }],
  }
}

/** What only figures of `status` and checks of `doctor` need. */
export function monitorRole(config: MongodbConfig): Role {
  return {
    name: `${roleOwner(config)}_monitor`,
    privileges: [
      {
        resource: { cluster: true },
        actions: ['getParameter', 'replSetGetConfig', 'replSetGetStatus', 'serverStatus'],
      },
    ],
  }
}

function roleOwner({ connection }: MongodbConfig): string {
  return connection.user ?? 'streamkap'
}
