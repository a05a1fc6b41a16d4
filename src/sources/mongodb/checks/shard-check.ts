import { OffbeatError } from '../../../model/error.ts'
import type { Blocker } from '../../../model/log-state.ts'
import { type Check, type CheckResult, finding, manual, spanInWords, unseen, well } from '../../check.ts'
import { address } from '../../connect/server-target.ts'
import { THROUGH_ROUTERS } from '../inspect/shards/shard-member.ts'
import type { ShardSight } from '../inspect/shards/shard-watch.ts'
import type { Evidence } from './evidence.ts'

const EXPECTED = 'shards that each write something, or a no-op, every ten seconds'
const WRITES = 'it writes to the oplog of each shard'

/** The stream of a shard is not that of its cluster. */
export const shardMemberCheck: Check<Evidence> = {
  id: 'whole-cluster',
  symptom: 5,
  title: 'the whole cluster, not one shard',
  codes: ['MONGODB_SHARD_DIRECT'],
  run({ configServers, target }): CheckResult | null {
    if (configServers === null) return null
    return finding('warn', 'MONGODB_SHARD_DIRECT', {
      found: `${address(target)} is a member of a shard (config servers: ${configServers})`,
      expected: 'a router of the cluster, or a replica set of its own',
      fix: [manual(THROUGH_ROUTERS, '')],
    })
  },
}

/** A router shows no event before every shard has reached its time. */
export const shardCheck: Check<Evidence> = {
  id: 'shards',
  symptom: 5,
  title: 'the shards of the cluster',
  codes: ['MONGODB_SHARD_IDLE'],
  run({ facts, shards, state }): CheckResult | null {
    if (facts.role !== 'mongos' || state instanceof OffbeatError) return null
    const [grant] = state.unseen
    const fix = grant === undefined ? [] : [manual(grant.fix, 'it gives the user a privilege')]
    if (shards === null)
      return unseen('which shards there are cannot be seen', grant?.fix.text ?? 'clusterMonitor', fix)
    const idle = state.blockers.filter(({ holds }) => holds === 'stream')
    if (idle.length > 0) return idleFinding(idle, state.atMs)
    const hidden = shards.filter(({ newest }) => newest === null)
    if (hidden.length > 0) return unseen(hiddenWords(hidden), 'a connection from here to the members of each shard')
    return well(`${shards.map(({ shard }) => shard.name).join(', ')}: each written to within the last 30 s`, EXPECTED)
  },
}

function idleFinding(idle: readonly Blocker[], atMs: number): CheckResult {
  const words = idle.map(({ name, sinceMs }) => `${name} for ${spanInWords(Math.max(0, atMs - (sinceMs ?? atMs)))}`)
  return finding('warn', 'MONGODB_SHARD_IDLE', {
    found: `the stream is held up by ${words.join(', ')}`,
    expected: EXPECTED,
    fix: idle.flatMap((blocker) => blocker.fix.map((fix) => manual(fix, WRITES))),
  })
}

function hiddenWords(hidden: readonly ShardSight[]): string {
  const words = hidden.map(
    ({ shard, hiddenBy }) => `${shard.name} (${hiddenBy?.found ?? 'its newest operation is not known'})`,
  )
  return `how far these shards have written cannot be seen: ${words.join(', ')}`
}
