import type { MongodbConfig } from '../config.ts'
import type { Role } from '../connect/grant.ts'
import { streamScope } from '../tables/stream-scope.ts'

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
      // The id of a sharded cluster, and its shards. A replica set has neither.
      { resource: { db: 'config', collection: 'version' }, actions: ['find'] },
      { resource: { db: 'config', collection: 'shards' }, actions: ['find'] },
    ],
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
