import type { LogState, Mark, Resume } from '../../../model/log-state.ts'
import type { Offset, ServerIdentity } from '../../../model/offset.ts'
import type { MongodbConfig } from '../config.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { grantRole } from '../connect/grant.ts'
import { clusterTimeOf, millisecondsOf } from '../connect/reply.ts'
import { type ClusterTime, compareTimes } from '../position/cluster-time.ts'
import { MONGODB_POSITIONS, pointOf, streamPosition } from '../position/position.ts'
import { type OplogSight, readOplog } from './oplog.ts'
import { type OplogWindow, oplogLimits } from './oplog-window.ts'
import { readMinimumRetention } from './retention.ts'

export interface Inspection {
  readonly connection: MongodbConnection
  readonly config: MongodbConfig
  /** Kept between the inspections of a probe. */
  readonly window: OplogWindow
  readonly monotonicMs: number
  readonly identity: ServerIdentity
  /** Returns the offset that is stored at the time of the call. */
  readonly offset: () => Offset | null
  /** Whether the stream can be opened at the offset now. */
  readonly resume: (offset: Offset) => Promise<Resume>
  readonly signal: AbortSignal
}

/**
 * Inspects the oplog and the offset once. It only reads. A running connector stores offsets meanwhile, so a lost position is reported only
 * if the offset did not move during the inspection.
 */
export async function inspectLog(inspection: Inspection): Promise<LogState> {
  const offset = inspection.offset()
  const state = await inspectFor(inspection, offset)
  if (state.resume.can !== 'no') return state
  const latest = inspection.offset()
  return latest === offset ? state : await inspectFor(inspection, latest)
}

async function inspectFor(inspection: Inspection, offset: Offset | null): Promise<LogState> {
  const { connection, signal, identity } = inspection
  const { head, atMs, run } = await readServerNow(connection, signal)
  const sight = await readOplog(connection, signal)
  const minimum = await readMinimumRetention(connection, signal)
  const offsetMs = offset === null ? null : pointOf(offset.position).time.seconds * 1000
  return {
    atMs,
    server: identity,
    run: { system: JSON.stringify(identity), run },
    head: markOf(head, sight),
    // No server counts what it writes to its oplog.
    writtenBytes: null,
    heldBytes: null,
    ...lagOf(offset, head),
    lagBytes: null,
    limits:
      sight.seen === 'oplog'
        ? oplogLimits({
            oplog: sight.oplog,
            offsetMs,
            minimumMs: minimum === 'denied' ? null : minimum,
            speed: inspection.window.speed(sight.oplog, inspection.monotonicMs),
          })
        : [],
    blockers: [],
    resume:
      offset === null
        ? { can: 'yes', as: 'same server', why: 'no offset is stored yet' }
        : await inspection.resume(offset),
    unwritable: null,
    unseen: [
      ...(sight.seen === 'denied'
        ? [{ what: 'how far back the oplog reaches', fix: grantRole(inspection.config, { role: 'read', db: 'local' }) }]
        : []),
      ...(minimum === 'denied'
        ? [
            {
              what: 'the minimum retention of the oplog',
              fix: grantRole(inspection.config, { role: 'clusterMonitor', db: 'admin' }),
            },
          ]
        : []),
    ],
  }
}

/** One server at the time of the question. */
export interface ServerNow {
  /** The newest operation that a majority of the members has: a change stream shows no later one. */
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

function markOf(head: ClusterTime, sight: OplogSight): Mark {
  const position = streamPosition({ time: head, token: null })
  const isLast = sight.seen === 'oplog' && compareTimes(sight.oplog.last.time, head) === 0
  return {
    name: 'written',
    shown: MONGODB_POSITIONS.short(position),
    position,
    atMs: isLast ? sight.oplog.last.wallMs : head.seconds * 1000,
  }
}

/** An idle primary writes a no-op about every ten seconds, which an offset reaches with the next answer of the stream. */
function lagOf(offset: Offset | null, head: ClusterTime): Pick<LogState, 'behind' | 'lagMs'> {
  if (offset === null) return { behind: 'unknown', lagMs: null }
  const { time } = pointOf(offset.position)
  if (compareTimes(head, time) <= 0) return { behind: 'no', lagMs: 0 }
  return { behind: 'yes', lagMs: (head.seconds - time.seconds) * 1000 }
}
