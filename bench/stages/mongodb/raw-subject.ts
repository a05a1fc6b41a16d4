import { Long, MongoClient, Timestamp } from 'mongodb'
import { COLLECTION, DATABASE, type ReadingOptions } from './workload.ts'

/** A process that counts the events of raw replies without decoding any of them, and ends. */
const { url, from, rows }: ReadingOptions = JSON.parse(process.argv[2] ?? '{}')
const MAX_WAIT_MS = 1_000

await using client = new MongoClient(url, { maxPoolSize: 1, promoteLongs: false })
const session = client.startSession()
const startAtOperationTime = new Timestamp({ t: from.seconds, i: from.increment })
const pipeline = [{ $changeStream: { startAtOperationTime } }]
const opened = await client
  .db(DATABASE)
  .command({ aggregate: COLLECTION, pipeline, cursor: { batchSize: 0 } }, { session })
const getMore = Long.fromString(String(opened['cursor'].id))
let counted = 0
while (counted < rows) {
  const command = { getMore, collection: COLLECTION, maxTimeMS: MAX_WAIT_MS }
  const reply = await client.db(DATABASE).command(command, { session, raw: true })
  counted += countEvents(Buffer.from(reply['cursor']))
}
await session.endSession()

/** The elements of the first array in the cursor, whose bytes begin with int32 length, byte type, cstring name. */
function countEvents(cursor: Buffer): number {
  const array = cursor.subarray(cursor.indexOf(0, 5) + 1)
  const end = array.readInt32LE(0) - 1
  let count = 0
  for (let at = 4; at < end; count += 1) {
    const document = array.indexOf(0, at + 1) + 1
    at = document + array.readInt32LE(document)
  }
  return count
}
