import { OffbeatError } from '../../../model/error.ts'
import type { ServerIdentity } from '../../../model/offset.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { textOf } from '../connect/reply.ts'

/**
 * What distinguishes the deployment from another one, as far as the user may see it: the set's name and the id that it got when it was
 * initiated, or the id of the sharded cluster. All members have the same, and an election changes neither.
 */
export async function readIdentity(connection: MongodbConnection, signal: AbortSignal): Promise<ServerIdentity> {
  const { role, setName } = connection.facts
  if (role === 'mongos') {
    const id = await firstId(connection, { database: 'config', collection: 'version', path: ['clusterId'] }, signal)
    return id === null ? { cluster: 'sharded' } : { cluster: 'sharded', clusterId: id }
  }
  const about = { database: 'local', collection: 'system.replset', path: ['settings', 'replicaSetId'] }
  const id = await firstId(connection, about, signal)
  return { replicaSet: setName ?? '', ...(id === null ? {} : { replicaSetId: id }) }
}

/** false: they are certainly two deployments. Only what is known of both is compared. */
export function canBeSame(a: ServerIdentity, b: ServerIdentity): boolean {
  return Object.entries(a).every(([field, value]) => b[field] === undefined || b[field] === value)
}

/** null: it cannot be seen, or this server keeps none. */
async function firstId(
  connection: MongodbConnection,
  { database, collection, path }: { database: string; collection: string; path: readonly string[] },
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const find = { find: collection, limit: 1, singleBatch: true }
    const { cursor } = await connection.command(database, find, { signal })
    const id = path.reduce<unknown>((at, name) => Object(at)[name], cursor?.firstBatch?.[0])
    return hexOf(id)
  } catch (error) {
    if (error instanceof OffbeatError && error.code === 'DATABASE_PERMISSION') return null
    throw error
  }
}

/** The driver's ObjectId. */
function hexOf(id: unknown): string | null {
  if (typeof id !== 'object' || id === null || !('toHexString' in id)) return null
  return typeof id.toHexString === 'function' ? textOf(id.toHexString()) : null
}
