import type { Document } from 'mongodb'
import type { Offset } from '../../../model/offset.ts'
import type { MongodbConfig } from '../config.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { ifAllowed } from '../connect/if-allowed.ts'
import type { Oplog } from '../inspect/oplog.ts'
import { type ClusterTime, compareTimes, timeText } from '../position/cluster-time.ts'
import { pointOf } from '../position/position.ts'
import type { ResumeToken } from '../position/resume-token.ts'
import { isKeyString } from '../position/token-order.ts'
import { type StreamRequest, type StreamStart, watchedRequest } from '../read/stream-request.ts'
import { startOf } from './stream-start.ts'
import { isOpened, tryStream } from './trial-stream.ts'

/** How to continue after a token whose event the stream no longer contains. */
export interface Passage {
  readonly start: StreamStart
  /** Why nothing is lost, for the ledger. */
  readonly proof: string
}

/**
 * A server searches for the event of a resume token in the stream that it is asked for. If `tables` or the scope no longer contain that
 * event, it does not find it, although its log has it (code 280). A stream without the filter proves that it has it, or else the oplog's entry of
 * exactly that time does, if it is of the collection that the token names by its id. The time alone is no proof: every busy set has an entry
 * with the number 1 in every second.
 *
 * The stream then begins at the cluster time of the token, and leaves out the events up to the token: several events can have one time (of a
 * transaction, of a batch of writes, of two shards), and the offset can be between them. That needs tokens whose text has their order.
 *
 * null: there is no such proof.
 */
export async function passEvent(
  connection: MongodbConnection,
  { config, offset, oplog }: { readonly config: MongodbConfig; readonly offset: Offset; readonly oplog: Oplog | null },
  signal: AbortSignal,
): Promise<Passage | null> {
  const { time, token } = pointOf(offset.position)
  if (token === null || !isKeyString(token)) return null
  // The oplog can have been cut since the server searched.
  if (oplog !== null && compareTimes(oplog.first.time, time) > 0) return null
  const seen = await proofOf(connection, config, { offset, time, token }, signal)
  if (seen === null) return null
  return {
    start: { by: 'time', time, after: token },
    proof: `${seen}, but no longer in the stream, which follows \`tables\`. Everything up to it was delivered. The stream continues with the first event after it at ${timeText(time)} or later, so events of the same time are neither lost nor repeated`,
  }
}

async function proofOf(
  connection: MongodbConnection,
  config: MongodbConfig,
  { offset, time, token }: { readonly offset: Offset; readonly time: ClusterTime; readonly token: ResumeToken },
  signal: AbortSignal,
): Promise<string | null> {
  const request = watchedRequest(config, startOf(offset))
  const wider: readonly StreamRequest[] = [
    { ...request, filter: null },
    { ...request, filter: null, scope: { covers: 'cluster' } },
  ]
  for (const each of wider)
    if (isOpened(await tryStream(connection, config, each, signal)))
      return 'the event of the resume token is in the log, as a stream without a filter shows'
  return (await hasEntry(connection, { time, token }, signal))
    ? 'the event of the resume token is in the log, as the entry of its time and its collection in local.oplog.rs shows'
    : null
}

/** A transaction is an entry with the operations in it. */
async function hasEntry(
  connection: MongodbConnection,
  { time, token }: { readonly time: ClusterTime; readonly token: ResumeToken },
  signal: AbortSignal,
): Promise<boolean> {
  if (connection.facts.role === 'mongos') return false
  const { Timestamp } = await import('mongodb')
  const filter = { ts: new Timestamp({ t: time.seconds, i: time.increment }) }
  const projection = { ui: 1, 'o.applyOps.ui': 1 }
  const find = { find: 'oplog.rs', filter, limit: 1, singleBatch: true, projection }
  const reply = await ifAllowed(() => connection.command('local', find, { signal }))
  const entry: Document | undefined = reply?.['cursor']?.firstBatch?.[0]
  const operations: readonly (Document | undefined)[] = [entry, ...(entry?.['o']?.applyOps ?? [])]
  return operations.some((operation) => {
    const id = hexOf(operation?.['ui'])
    return id !== null && token.text.includes(`${UUID_IN_TOKEN}${id}`)
  })
}

/** How a key string begins binary data of 16 bytes that are a UUID. */
const UUID_IN_TOKEN = '5A1004'

function hexOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('buffer' in value)) return null
  return value.buffer instanceof Uint8Array ? Buffer.from(value.buffer).toString('hex').toUpperCase() : null
}
