import { type Fix, forPerson, inDatabase, query } from '../../../../model/fix.ts'
import type { Limit, LogState } from '../../../../model/log-state.ts'
import { address } from '../../../connect/server-target.ts'
import type { MongodbConfig } from '../../config.ts'
import { authenticationDatabase } from '../../connect/client-options.ts'
import { shellCommandText } from '../../connect/command-text.ts'
import { grantRole } from '../../connect/grant.ts'
import { ADMINISTRATOR } from '../../errors/errors.ts'
import { oplogLimits, unknownOplog } from '../oplog-window.ts'
import { limitOfShard } from './limit-name.ts'
import type { ClusterSight, ShardSight } from './shard-watch.ts'

/** The offset is lost when the first of the shards no longer reaches back to it. */
export function shardLimits(sights: ClusterSight, offsetMs: number | null): readonly Limit[] {
  if (sights === null) return [unknownOplog('which shards there are cannot be seen, so neither can their oplogs')]
  return sights.flatMap(({ shard, log, hiddenBy }) => {
    const limits =
      log === null
        ? [unknownOplog(`the oplog of the shard ${shard.name} cannot be seen: ${hiddenBy?.found ?? ''}`)]
        : oplogLimits({ ...log, offsetMs })
    return limits.map((limit) => ({
      ...limit,
      name: limitOfShard(limit.name, shard.name),
      because: log === null ? limit.because : limit.because.map((why) => `${shard.name}: ${why}`),
    }))
  })
}

/** What would show what is not seen of the shards. */
export function unseenShards(sights: ClusterSight, config: MongodbConfig): LogState['unseen'] {
  if (sights === null)
    return [{ what: 'the shards of the cluster', fix: grantRole(config, { role: 'clusterMonitor', db: 'admin' }) }]
  return sights.flatMap((sight) => {
    const { shard, hiddenBy } = sight
    if (hiddenBy === null) return []
    return [{ what: `how far back the oplog of the shard ${shard.name} reaches`, fix: showing(sight, config) }]
  })
}

/** A shard has users of its own, which the router's are not. */
function showing({ shard, hiddenBy }: ShardSight, config: MongodbConfig): Fix {
  const { name, setName, hosts } = shard
  const members = hosts.map(address).join(', ')
  if (hiddenBy?.is !== 'denied') {
    const oldest = { find: 'oplog.rs', sort: { $natural: 1 }, limit: 1 }
    return query(
      shellCommandText({ database: 'local', command: oldest }),
      `a user with read on local, on a machine that reaches ${members}`,
    )
  }
  const { user } = config.connection
  if (user === null)
    return forPerson(
      `the shard ${name} wants a login: create a user with the role read of the database local on the primary of ${setName} (${members}), create one of the same name and password on the routers, and name it in the url of the source`,
    )
  const roles = [{ role: 'read', db: 'local' }]
  const command = { createUser: user, pwd: '<password>', roles }
  const note = `on the primary of ${setName} (${members}), with the password of the source; a shard has users of its own`
  return inDatabase(shellCommandText({ database: authenticationDatabase(config), command }), ADMINISTRATOR, { note })
}
