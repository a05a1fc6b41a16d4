import type { MongodbConnection } from '../connect/connection.ts'
import { clusterTimeOf, millisecondsOf } from '../connect/reply.ts'
import type { ClusterTime } from '../position/cluster-time.ts'

/** One server at the time of the question. */
export interface ServerNow {
  /**
   * The newest operation that a majority of the members has: a change stream shows no later one. Of a router, the cluster's time, which a
   * shard can have reached that the stream still waits for others to reach.
   */
  readonly head: ClusterTime
  /** By the server's clock. */
  readonly atMs: number
  /** This server since its last start. */
  readonly run: string
}

/** Everybody may ask for it. */
export async function readServerNow(connection: MongodbConnection, signal: AbortSignal): Promise<ServerNow> {
  const reply = await connection.command('admin', { hello: 1 }, { signal })
  const atMs = millisecondsOf(reply['localTime']) ?? 0
  const { host, port } = connection.target
  return {
    head: clusterTimeOf(reply['lastWrite']?.majorityOpTime?.ts) ??
      clusterTimeOf(reply['operationTime']) ?? {
        // Servers that only speak the protocol may give neither.
        seconds: Math.floor(atMs / 1000),
        increment: 0,
      },
    atMs,
    run: `${host}:${port} ${String(reply['topologyVersion']?.processId ?? '')}`,
  }
}
