import type { LogState, Mark } from '../../../model/log-state.ts'
import type { Offset, ServerIdentity } from '../../../model/offset.ts'
import { address } from '../../connect/server-target.ts'
import type { MongodbConfig } from '../config.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { grantRole } from '../connect/grant.ts'
import { type ClusterTime, compareTimes } from '../position/cluster-time.ts'
import { MONGODB_POSITIONS, pointOf, streamPosition } from '../position/position.ts'
import type { CheckedResume } from '../resume/check-resume.ts'
import { lagOf } from './lag.ts'
import { type OplogEntry, readOplog } from './oplog.ts'
import { OplogWindow, oplogLimits, unknownOplog } from './oplog-window.ts'
import { readMinimumRetention } from './retention.ts'
import { readServerNow } from './server-now.ts'
import { idleShards, StillStream } from './shards/idle-shard.ts'
import { shardLimits, unseenShards } from './shards/shard-limit.ts'
import { ShardWatch } from './shards/shard-watch.ts'

/** What earlier inspections have seen, for what only a change shows. */
export interface InspectionMemory {
  readonly window: OplogWindow
  readonly shards: ShardWatch
  readonly still: StillStream
}

export function inspectionMemory(config: MongodbConfig, source: string): InspectionMemory {
  return { window: new OplogWindow(), shards: new ShardWatch(config, source), still: new StillStream() }
}

export interface Inspection {
  readonly connection: MongodbConnection
  readonly config: MongodbConfig
  /** Kept between the inspections of a probe. */
  readonly memory: InspectionMemory
  readonly monotonicMs: number
  readonly identity: ServerIdentity
  /** Returns the offset that is stored at the time of the call. */
  readonly offset: () => Offset | null
  /** Whether the stream can be opened at the offset now. */
  readonly resume: (offset: Offset) => Promise<CheckedResume>
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

const NOTHING_STORED: CheckedResume = {
  resume: { can: 'yes', as: 'same server', why: 'no offset is stored yet' },
  emptyTo: null,
}

async function inspectFor(inspection: Inspection, offset: Offset | null): Promise<LogState> {
  const { connection, config, signal, identity } = inspection
  const { head, atMs, run } = await readServerNow(connection, signal)
  const isRouter = connection.facts.role === 'mongos'
  const { last, ...log } = isRouter
    ? await shardsOf(inspection, { offset, head })
    : await oplogOf(inspection, millisecondsAt(offset))
  const { resume, emptyTo } = offset === null ? NOTHING_STORED : await inspection.resume(offset)
  return {
    atMs,
    server: identity,
    run: { system: JSON.stringify(identity), run },
    head: markOf(head, last),
    // No server counts what it writes to its oplog.
    writtenBytes: null,
    heldBytes: null,
    ...lagOf({ offset, head, emptyTo, config }),
    lagBytes: null,
    ...log,
    resume,
    unwritable: null,
  }
}

function millisecondsAt(offset: Offset | null): number | null {
  return offset === null ? null : pointOf(offset.position).time.seconds * 1000
}

/** What the oplogs show. `last`: the newest entry; null: it is not seen. */
type LogSight = Pick<LogState, 'limits' | 'blockers' | 'unseen'> & { readonly last: OplogEntry | null }

async function oplogOf(
  { connection, config, memory, monotonicMs, signal }: Inspection,
  offsetMs: number | null,
): Promise<LogSight> {
  const sight = await readOplog(connection, signal)
  const minimum = await readMinimumRetention(connection, signal)
  const grant = (role: string, db: string) => grantRole(config, { role, db })
  const unseen = [
    ...(sight.seen === 'denied' ? [{ what: 'how far back the oplog reaches', fix: grant('read', 'local') }] : []),
    ...(minimum === 'denied'
      ? [
          {
            what: 'the minimum retention of the oplog (`offbeat setup --with-monitoring` prints a smaller grant)',
            fix: grant('clusterMonitor', 'admin'),
          },
        ]
      : []),
  ]
  if (sight.seen !== 'oplog') {
    const limits = sight.seen === 'denied' ? [unknownOplog('the user cannot read local.oplog.rs')] : []
    return { limits, blockers: [], unseen, last: null }
  }
  const { oplog } = sight
  const speed = memory.window.speed(oplog, { member: address(connection.target), nowMs: monotonicMs })
  const limits = oplogLimits({ oplog, offsetMs, minimumMs: minimum === 'denied' ? null : minimum, speed })
  return { limits, blockers: [], unseen, last: oplog.last }
}

async function shardsOf(
  { connection, config, memory, monotonicMs, signal }: Inspection,
  { offset, head }: { readonly offset: Offset | null; readonly head: ClusterTime },
): Promise<LogSight> {
  const sights = await memory.shards.look(connection, monotonicMs, signal)
  const isBlind = sights?.every(({ newest }) => newest === null) ?? true
  const still = offset === null ? [] : memory.still.look(MONGODB_POSITIONS.text(offset.position), head, monotonicMs)
  return {
    limits: shardLimits(sights, millisecondsAt(offset)),
    blockers: isBlind ? still : idleShards(sights ?? [], head),
    unseen: unseenShards(sights, config),
    last: null,
  }
}

function markOf(head: ClusterTime, last: OplogEntry | null): Mark {
  const position = streamPosition({ time: head, token: null })
  return {
    name: 'written',
    shown: MONGODB_POSITIONS.short(position),
    position,
    atMs: last !== null && compareTimes(last.time, head) === 0 ? last.wallMs : head.seconds * 1000,
  }
}
