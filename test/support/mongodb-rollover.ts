import { type MongoClient, Timestamp } from 'mongodb'
import { waitFor } from './wait-for.ts'

/** SecantusDB removes old entries at every thousandth write, mongod when the oplog has grown by a tenth of its size. */
const WRITES = 1_000
const FILLER = 'x'.repeat(1_000)

/**
 * Writes into a collection of the database until the server has removed everything that its oplog has now. The server must have been started
 * with `smallOplog`.
 */
export async function rollOver(client: MongoClient, database: string): Promise<void> {
  const filler = client.db(database).collection('filler')
  const newest = await oplogEntry(client, -1)
  await waitFor({ until: 'the oplog has rolled over' }, async () => {
    await filler.insertMany(Array.from({ length: WRITES }, () => ({ FILLER })))
    return (await oplogEntry(client, 1)).greaterThan(newest)
  })
}

/** `end`: 1 for the time of the oldest entry, -1 for the newest. */
async function oplogEntry(client: MongoClient, end: 1 | -1): Promise<Timestamp> {
  const entry = await client.db('local').collection('oplog.rs').find().sort({ $natural: end }).limit(1).next()
  if (entry?.['ts'] instanceof Timestamp) return entry['ts']
  throw new Error('the oplog has no entry with a time')
}
