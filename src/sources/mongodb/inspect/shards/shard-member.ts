import { forPerson } from '../../../../model/fix.ts'
import type { MongodbConnection } from '../../connect/connection.ts'
import { ifAllowed } from '../../connect/if-allowed.ts'
import { textOf } from '../../connect/reply.ts'
import { SMALL_STATUS } from '../server-status.ts'

/** The config servers of the cluster that the server is a shard of. null: it is none, or the user lacks clusterMonitor. */
export async function readConfigServers(connection: MongodbConnection, signal: AbortSignal): Promise<string | null> {
  const { role } = connection.facts
  if (role === 'mongos' || role === 'standalone') return null
  return await configServersOf(connection, signal)
}

/** As the server reports them: a router, or a member of a shard. */
export async function configServersOf(connection: MongodbConnection, signal: AbortSignal): Promise<string | null> {
  const status = await ifAllowed(() => connection.command('admin', SMALL_STATUS, { signal }))
  return textOf(status?.['sharding']?.configsvrConnectionString)
}

export const THROUGH_ROUTERS = forPerson(
  'name the routers (mongos) of the cluster in the URL: the stream of one shard has none of the changes of the others',
)
