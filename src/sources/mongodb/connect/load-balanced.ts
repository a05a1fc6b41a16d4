import type { MongoClient } from 'mongodb'
import { OffbeatError } from '../../../model/error.ts'
import { forPerson } from '../../../model/fix.ts'
import { address, type ServerTarget } from '../../connect/server-target.ts'

/**
 * The refusal of a deployment behind a load balancer, which the TXT record of a DNS seed list can name too (loadBalanced=true). The driver
 * reads it when it connects. A cursor can be read only on the server that opened it, and there each connection leads to any of them. null: it
 * is none.
 */
export function loadBalanced({ options }: MongoClient, target: ServerTarget): OffbeatError | null {
  if (!options.loadBalanced) return null
  return new OffbeatError('MONGODB_LOAD_BALANCED', {
    message: `cannot read a change stream from ${address(target)}: its DNS record says that the deployment is behind a load balancer`,
    found: 'loadBalanced=true in the TXT record of the host',
    expected: 'the members of a replica set, or the routers (mongos) of a cluster, each with an address of its own',
    fix: [forPerson('name the members or the routers in the URL, as mongodb://HOST:27017,HOST:27017/')],
    details: { host: target.host, port: target.port },
  })
}
