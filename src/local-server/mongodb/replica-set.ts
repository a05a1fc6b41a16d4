import { setTimeout as sleep } from 'node:timers/promises'
import type { MongoClient } from 'mongodb'
import { OffbeatError } from '../../model/error.ts'
import { REPLICA_SET } from './mongodb-arguments.ts'

const ELECTION_TIMEOUT_MS = 60_000

/** Makes the server the only member of a new replica set, and waits until it takes writes. */
export async function initiate(client: MongoClient, host: string): Promise<void> {
  await client.db('admin').command({ replSetInitiate: { _id: REPLICA_SET, members: [{ _id: 0, host }] } })
  await awaitPrimary(client)
}

/** Resolves when the server takes writes, which a member of a replica set does only after its election. */
export async function awaitPrimary(client: MongoClient): Promise<void> {
  const deadline = performance.now() + ELECTION_TIMEOUT_MS
  while (performance.now() < deadline) {
    const { isWritablePrimary } = await client.db('admin').command({ hello: 1 })
    if (isWritablePrimary === true) return
    await sleep(50)
  }
  throw new OffbeatError('LOCAL_SERVER_FAILED', { message: 'the server of MongoDB did not become primary' })
}
