import type { Document } from 'mongodb'
import type { ServerIdentity } from '../../../model/offset.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { ifAllowed } from '../connect/if-allowed.ts'

/*
 * The identity of a deployment, as it is stored with an offset:
 *
 *   replica set      replicaSet: its name   replicaSetId: `settings.replicaSetId` of its configuration, if it can be read
 *   sharded cluster  cluster: 'sharded'     clusterId: of `config.version`, if it can be read
 *
 * The ids are made once, when a set is initiated or a cluster is first started. Elections, new members and other settings do not change
 * them. Two sets can have one name, so the name alone shows only that an offset is of another set.
 */

/** Reads what of the identity the user can see. */
export async function readIdentity(connection: MongodbConnection, signal: AbortSignal): Promise<ServerIdentity> {
  const { role, setName } = connection.facts
  if (role === 'mongos') {
    const id = idText((await firstOf(connection, 'config', 'version', signal))?.['clusterId'])
    return { cluster: 'sharded', ...(id === null ? {} : { clusterId: id }) }
  }
  const id = idText((await readConfiguration(connection, signal))?.['settings']?.replicaSetId)
  return { replicaSet: setName ?? '', ...(id === null ? {} : { replicaSetId: id }) }
}

/** 'unproven': nothing speaks against it, but the ids are not known of both. */
export function compareIdentity(stored: ServerIdentity | null, now: ServerIdentity): 'same' | 'other' | 'unproven' {
  if (stored === null) return 'unproven'
  for (const id of ['replicaSetId', 'clusterId']) {
    const [before, after] = [stored[id], now[id]]
    if (before !== undefined && after !== undefined) return before === after ? 'same' : 'other'
  }
  const isNamedAlike = stored['replicaSet'] === now['replicaSet'] && stored['cluster'] === now['cluster']
  return isNamedAlike ? 'unproven' : 'other'
}

/** The command needs a privilege of `clusterMonitor`, and the collection one of `read` on `local`. */
async function readConfiguration(connection: MongodbConnection, signal: AbortSignal): Promise<Document | null> {
  const asked = await ifAllowed(() => connection.command('admin', { replSetGetConfig: 1 }, { signal }))
  const config: Document | undefined = asked?.['config']
  return config ?? (await firstOf(connection, 'local', 'system.replset', signal))
}

async function firstOf(
  connection: MongodbConnection,
  database: string,
  collection: string,
  signal: AbortSignal,
): Promise<Document | null> {
  const find = { find: collection, limit: 1, singleBatch: true }
  const reply = await ifAllowed(() => connection.command(database, find, { signal }))
  const first: Document | undefined = reply?.['cursor']?.firstBatch?.[0]
  return first ?? null
}

function idText(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('toHexString' in value)) return null
  return typeof value.toHexString === 'function' ? String(value.toHexString()) : null
}
