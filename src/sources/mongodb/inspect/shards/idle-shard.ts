import { forPerson, inDatabase, query } from '../../../../model/fix.ts'
import type { Blocker } from '../../../../model/log-state.ts'
import { address } from '../../../connect/server-target.ts'
import { shellCommandText } from '../../connect/command-text.ts'
import { ADMINISTRATOR } from '../../errors/errors.ts'
import { type ClusterTime, laterTime, timeText } from '../../position/cluster-time.ts'
import type { Shard } from './shard.ts'
import type { ShardSight } from './shard-watch.ts'

/** A shard without writes writes a no-op every ten seconds (periodicNoopIntervalSecs), so one that is this far behind does not. */
const IDLE_MS = 30_000

/**
 * The shards that hold up the stream: a router shows no event before every shard has reached its time. `clusterTime`: of the router. A shard
 * whose newest operation no majority has holds it up too.
 */
export function idleShards(sights: readonly ShardSight[], clusterTime: ClusterTime): readonly Blocker[] {
  const latest = sights.reduce((time, { newest }) => (newest === null ? time : laterTime(time, newest)), clusterTime)
  return sights.flatMap(({ shard, newest }) => {
    if (newest === null || (latest.seconds - newest.seconds) * 1000 < IDLE_MS) return []
    return [blockerOf(shard, newest, latest)]
  })
}

function blockerOf(shard: Shard, newest: ClusterTime, latest: ClusterTime): Blocker {
  return {
    kind: 'shard',
    name: shard.name,
    sinceMs: newest.seconds * 1000,
    holds: 'stream',
    heldBytes: null,
    details: {
      newest: timeText(newest),
      clusterTime: timeText(latest),
      behindSeconds: latest.seconds - newest.seconds,
    },
    fix: [writeNoops(), ...keepWriting(shard)],
  }
}

/** Each shard then has a newer operation. */
function writeNoops() {
  const command = { appendOplogNote: 1, data: { msg: 'offbeat: a shard without writes' } }
  const note = 'on a mongos: each shard writes a no-op, and the stream continues'
  return inDatabase(shellCommandText({ database: 'admin', command }), ADMINISTRATOR, { note })
}

function keepWriting({ name, setName, hosts }: Shard) {
  const command = { getParameter: 1, writePeriodicNoops: 1, periodicNoopIntervalSecs: 1 }
  const members = hosts.map(address).join(', ')
  const monitor = `a user with the role clusterMonitor on the primary of ${setName} (${members})`
  return [
    query(shellCommandText({ database: 'admin', command }), monitor),
    forPerson(
      `check that the shard ${name} has a primary and a majority of its members, and start them without writePeriodicNoops=false`,
    ),
  ]
}

/** Detects an offset that does not move while the cluster's time advances. It is used where no shard can be seen. */
export class StillStream {
  #since: { readonly position: string; readonly monotonicMs: number; readonly clusterTime: ClusterTime } | null = null

  look(position: string, clusterTime: ClusterTime, monotonicMs: number): readonly Blocker[] {
    const since = this.#since
    if (since?.position !== position) {
      this.#since = { position, monotonicMs, clusterTime }
      return []
    }
    const stillMs = monotonicMs - since.monotonicMs
    const clusterMs = (clusterTime.seconds - since.clusterTime.seconds) * 1000
    return stillMs < IDLE_MS || clusterMs < IDLE_MS ? [] : [unknownShard(since.clusterTime, clusterTime)]
  }
}

/** It reports what was seen: an offset that did not move while the cluster's time advanced. */
function unknownShard(from: ClusterTime, to: ClusterTime): Blocker {
  return {
    kind: 'perhaps',
    name: 'a shard without writes (no shard can be seen from here)',
    sinceMs: from.seconds * 1000,
    holds: 'stream',
    heldBytes: null,
    details: { clusterTimeThen: timeText(from), clusterTime: timeText(to) },
    fix: [
      writeNoops(),
      forPerson(
        'check that each shard has a primary and is not started with writePeriodicNoops=false: without writes, a shard holds up the stream until its next no-op (periodicNoopIntervalSecs, 10 s by default)',
      ),
    ],
  }
}
