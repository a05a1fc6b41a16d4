import type { Document } from 'mongodb'
import type { MongodbConfig } from '../../config.ts'
import { authenticationDatabase } from '../../connect/client-options.ts'
import type { MongodbConnection } from '../../connect/connection.ts'
import { ifAllowed } from '../../connect/if-allowed.ts'
import { parseAddress } from '../../connect/mongodb-target.ts'
import { textOf } from '../../connect/reply.ts'
import { configServersOf } from './shard-member.ts'

/** One shard of a cluster, which is a replica set, as the cluster's configuration has it. */
export interface Shard {
  readonly name: string
  readonly setName: string
  readonly hosts: readonly { readonly host: string; readonly port: number }[]
}

/**
 * The shards, and the config servers where the user may see them: a router reads them too, to notice new shards. null: the user may see
 * neither `config.shards` nor `listShards`.
 */
export async function listShards(connection: MongodbConnection, signal: AbortSignal): Promise<readonly Shard[] | null> {
  const shards = await dataShards(connection, signal)
  if (shards === null || shards.some(({ name }) => name === CONFIG)) return shards
  return [...shards, ...shardOf({ _id: CONFIG, host: await configServersOf(connection, signal) })]
}

/** Also the name of a shard that is the config servers, from MongoDB 8.0 on. */
const CONFIG = 'config'

async function dataShards(connection: MongodbConnection, signal: AbortSignal): Promise<readonly Shard[] | null> {
  const find = await ifAllowed(() => connection.command('config', { find: 'shards', singleBatch: true }, { signal }))
  const stored: readonly Document[] = find?.['cursor']?.firstBatch ?? []
  if (stored.length > 0) return stored.flatMap(shardOf)
  const list = await ifAllowed(() => connection.command('admin', { listShards: 1 }, { signal }))
  const listed: readonly Document[] | undefined = list?.['shards']
  return listed?.flatMap(shardOf) ?? null
}

/** `host` is `SET/HOST:PORT,HOST:PORT`. */
function shardOf({ _id: id, host }: Document): readonly Shard[] {
  const [name, members] = [textOf(id), textOf(host)]
  const [setName, list] = members?.split('/') ?? []
  if (name === null || setName === undefined || list === undefined) return []
  return [{ name, setName, hosts: list.split(',').map(parseAddress) }]
}

/** The source's configuration, for a connection to the replica set of a shard instead of the routers. */
export function shardConfig(config: MongodbConfig, { setName, hosts }: Shard): MongodbConfig {
  const {
    directConnection: _,
    readPreferenceTags: __,
    srvServiceName: ___,
    ...parameters
  } = config.connection.parameters ?? {}
  const authSource = authenticationDatabase(config)
  const own = { ...parameters, authSource, replicaSet: setName, readPreference: 'primaryPreferred' }
  return { ...config, connection: { ...config.connection, hosts, parameters: own } }
}
