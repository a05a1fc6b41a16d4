import type { Document } from 'mongodb'
import { OffbeatError } from '../../../model/error.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { ifAllowed } from '../connect/if-allowed.ts'
import { clusterTimeOf, millisecondsOf, numberOf } from '../connect/reply.ts'
import type { ClusterTime } from '../position/cluster-time.ts'

export interface OplogEntry {
  readonly time: ClusterTime
  /** By the clock of the primary that wrote it. */
  readonly wallMs: number
}

/** The oplog of the server that is read. */
export interface Oplog {
  readonly first: OplogEntry
  readonly last: OplogEntry
  /** Uncompressed bytes, and the size at which the server removes the oldest entries; null: the server does not report them. */
  readonly size: { readonly bytes: number; readonly most: number } | null
  /** How much of what it may have it has, 0 to 1; null: not known. */
  readonly fill: number | null
}

/** Who may not see the oplog: `denied`. A router has none of its own: `none`. */
export type OplogSight = { readonly seen: 'oplog'; readonly oplog: Oplog } | { readonly seen: 'denied' | 'none' }

export async function readOplog(connection: MongodbConnection, signal: AbortSignal): Promise<OplogSight> {
  if (connection.facts.role === 'mongos') return { seen: 'none' }
  try {
    const [first, last] = [await entry(connection, 1, signal), await entry(connection, -1, signal)]
    if (first === null || last === null) return { seen: 'none' }
    return { seen: 'oplog', oplog: { first, last, ...(await sizes(connection, signal)) } }
  } catch (error) {
    if (error instanceof OffbeatError && error.code === 'DATABASE_PERMISSION') return { seen: 'denied' }
    throw error
  }
}

/** `end`: 1 for the oldest entry, -1 for the newest. */
async function entry(connection: MongodbConnection, end: 1 | -1, signal: AbortSignal): Promise<OplogEntry | null> {
  const reply = await connection.command(
    'local',
    { find: 'oplog.rs', sort: { $natural: end }, limit: 1, singleBatch: true, projection: { ts: 1, wall: 1 } },
    { signal },
  )
  const document = reply['cursor']?.firstBatch?.[0] as Document | undefined
  const time = clusterTimeOf(document?.['ts'])
  return time === null ? null : { time, wallMs: millisecondsOf(document?.['wall']) ?? time.seconds * 1000 }
}

async function sizes(connection: MongodbConnection, signal: AbortSignal): Promise<Pick<Oplog, 'size' | 'fill'>> {
  const stages = { aggregate: 'oplog.rs', pipeline: [{ $collStats: { storageStats: {} } }], cursor: {} }
  const reply = await ifAllowed(() => connection.command('local', stages, { signal }))
  const stats: Document = reply?.['cursor']?.firstBatch?.[0]?.storageStats ?? {}
  const part = (name: string, limit: string) => {
    const [has, most] = [numberOf(stats[name]) ?? 0, numberOf(stats[limit]) ?? 0]
    return has > 0 && most > 0 ? { has, most } : null
  }
  const bytes = part('size', 'maxSize')
  // A server that does not measure its log in bytes limits the number of entries.
  const used = bytes ?? part('count', 'max')
  return {
    size: bytes === null ? null : { bytes: bytes.has, most: bytes.most },
    fill: used === null ? null : Math.min(1, used.has / used.most),
  }
}
