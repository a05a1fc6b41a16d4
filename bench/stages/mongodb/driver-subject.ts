import { MongoClient, Timestamp } from 'mongodb'
import { COLLECTION, DATABASE, type ReadingOptions } from './workload.ts'

/** A process that reads the events as objects, with the driver's own change stream, does nothing with them, and ends. */
const { url, from, rows }: ReadingOptions = JSON.parse(process.argv[2] ?? '{}')

await using client = new MongoClient(url)
const startAtOperationTime = new Timestamp({ t: from.seconds, i: from.increment })
await using stream = client.db(DATABASE).collection(COLLECTION).watch([], { startAtOperationTime })
let read = 0
while (read < rows) {
  await stream.next()
  read += 1
}
