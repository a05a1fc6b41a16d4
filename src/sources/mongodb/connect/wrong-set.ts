import type { MongoClient } from 'mongodb'
import { OffbeatError } from '../../../model/error.ts'
import { inFile } from '../../../model/fix.ts'
import { listed } from '../../listed.ts'
import type { MongodbConfig } from '../config.ts'

/**
 * Rejects when no server is left that can be in the set that the URL names, with the sets that they are in. The driver leaves out what is in
 * another set, and would ask again until its timeout.
 */
export function setNotFound(client: MongoClient, { connection }: MongodbConfig): Promise<never> {
  const wanted = connection.parameters?.['replicaSet']
  const others = new Map<string, string | null>()
  return new Promise((_, reject) => {
    if (wanted === undefined) return
    client.on('serverHeartbeatSucceeded', ({ connectionId, reply }) => {
      const name = typeof reply['setName'] === 'string' ? reply['setName'] : null
      if (name !== wanted) others.set(connectionId, name)
    })
    client.on('topologyDescriptionChanged', ({ newDescription: { servers } }) => {
      const isAnyLeft = [...servers.keys()].some((address) => !others.has(address))
      if (others.size > 0 && !isAnyLeft) reject(wrongSet(wanted, others))
    })
  })
}

function wrongSet(wanted: string, others: ReadonlyMap<string, string | null>): OffbeatError {
  const found = [...others].map(([address, name]) => `${address} is in ${name === null ? 'no replica set' : name}`)
  const names = [...new Set([...others.values()].filter((name) => name !== null))]
  return new OffbeatError('MONGODB_SET_NAME', {
    message: `the url names the replica set ${wanted}, and none of its servers is in it`,
    found: listed(found),
    expected: `servers of the replica set ${wanted}`,
    fix: [
      inFile(
        names.length === 1 ? `url: mongodb://.../?replicaSet=${names[0]}` : 'url: mongodb://HOST/?replicaSet=NAME',
      ),
    ],
  })
}
