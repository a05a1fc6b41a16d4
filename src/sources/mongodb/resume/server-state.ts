import type { Document } from 'mongodb'
import type { OffbeatError } from '../../../model/error.ts'
import type { Offset, ServerIdentity } from '../../../model/offset.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { clusterTimeOf, millisecondsOf } from '../connect/reply.ts'
import { type Oplog, readOplog } from '../inspect/oplog.ts'
import { readConfigServers } from '../inspect/shards/shard-member.ts'
import { type ClusterTime, compareTimes, laterTime, timeAfter } from '../position/cluster-time.ts'
import { pointOf } from '../position/position.ts'
import { compareIdentity, readIdentity } from './identity.ts'
import { beyondLog, type LostInput, oplogLost, otherServer } from './position-lost.ts'

/** What decides whether an offset is of this server's log. */
export interface ServerState {
  readonly identity: ServerIdentity
  /** The newest operation of the primary; null: it is another member or a router, which can be behind. */
  readonly head: ClusterTime | null
  /** The first time that is after everything that a majority of the members has now. */
  readonly next: ClusterTime
  /** null: the user cannot read it, or it is a router. */
  readonly oplog: Oplog | null
  /** The config servers of the cluster that the server is a shard of. null: it is none, or that is not seen. */
  readonly configServers: string | null
  readonly atMs: number
}

export async function readServerState(connection: MongodbConnection, signal: AbortSignal): Promise<ServerState> {
  if (connection.facts.role === 'standalone') await refuseStandalone(connection, signal)
  const identity = await readIdentity(connection, signal)
  const sight = await readOplog(connection, signal)
  const hello = await connection.command('admin', { hello: 1 }, { signal })
  return {
    identity,
    head: connection.facts.role === 'primary' ? newestOf(hello) : null,
    next: nextOf(hello),
    oplog: sight.seen === 'oplog' ? sight.oplog : null,
    configServers: await readConfigServers(connection, signal),
    atMs: millisecondsOf(hello['localTime']) ?? 0,
  }
}

/** The server has no change streams, and says so better than the offset, which is of another one. */
async function refuseStandalone(connection: MongodbConnection, signal: AbortSignal): Promise<void> {
  const pipeline = [{ $changeStream: { allChangesForCluster: true } }]
  const opening = { aggregate: 1, pipeline, cursor: { batchSize: 0 } }
  const { cursor } = await connection.command('admin', opening, { signal })
  // It has change streams after all.
  await connection.command('admin', { killCursors: '$cmd.aggregate', cursors: [cursor?.id] }, { signal })
}

function newestOf({ lastWrite, operationTime }: Document): ClusterTime | null {
  const [written, operation] = [clusterTimeOf(lastWrite?.opTime?.ts), clusterTimeOf(operationTime)]
  return written === null || operation === null ? (written ?? operation) : laterTime(written, operation)
}

/** A router knows only a time up to which other shards may still write. */
function nextOf({ lastWrite, operationTime, localTime }: Document): ClusterTime {
  const written = clusterTimeOf(lastWrite?.majorityOpTime?.ts)
  return written === null
    ? (clusterTimeOf(operationTime) ?? { seconds: Math.floor((millisecondsOf(localTime) ?? 0) / 1000), increment: 0 })
    : timeAfter(written)
}

/** Why the log cannot be that of the offset; null: nothing speaks against it. */
export function refusalOf(source: string, offset: Offset, state: ServerState): OffbeatError | null {
  const { time, token } = pointOf(offset.position)
  const input: LostInput = { source, offset, ...state }
  if (compareIdentity(offset.server, state.identity) === 'other') return otherServer(input)
  // A stream from now on begins one step after the newest operation.
  if (state.head !== null && compareTimes(time, timeAfter(state.head)) > 0) return beyondLog(input, state.head)
  if (token === null && state.oplog !== null && compareTimes(state.oplog.first.time, time) > 0)
    return oplogLost(input, 'the stream would begin with its first entry')
  return null
}
