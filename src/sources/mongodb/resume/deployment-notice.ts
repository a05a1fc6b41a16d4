import type { ErrorCode } from '../../../model/error-code.ts'
import type { NoticeEvent } from '../../../model/log-event.ts'
import type { Offset } from '../../../model/offset.ts'
import type { Context } from '../../source.ts'
import type { MongodbConfig } from '../config.ts'
import { grantRole } from '../connect/grant.ts'
import { THROUGH_ROUTERS } from '../inspect/shards/shard-member.ts'
import { compareIdentity } from './identity.ts'
import type { ServerState } from './server-state.ts'

/** What the runs of sources have reported. A run opens a reader for each attempt, always with the same context. */
const REPORTED = new WeakMap<Context, Set<ErrorCode>>()

/** What the user should know of the deployment that is read, once in a run of the source. */
export function deploymentNotices(
  context: Context,
  config: MongodbConfig,
  { from, state }: { readonly from: Offset | 'now'; readonly state: ServerState },
): readonly NoticeEvent[] {
  const reported = REPORTED.get(context) ?? new Set()
  REPORTED.set(context, reported)
  const notices = [...unverifiedSet(config, from, state), ...shardAlone(state)].filter(
    ({ code }) => !reported.has(code),
  )
  for (const { code } of notices) reported.add(code)
  return notices
}

/** Nothing shows whether the log is that of the offset. */
function unverifiedSet(config: MongodbConfig, from: Offset | 'now', { identity }: ServerState): readonly NoticeEvent[] {
  if (from === 'now' || compareIdentity(from.server, identity) !== 'unproven') return []
  const fix = grantRole(config, { role: 'clusterMonitor', db: 'admin' })
  return [{ type: 'notice', code: 'MONGODB_SET_UNVERIFIED', details: { ...identity }, fix: [fix] }]
}

function shardAlone({ configServers }: ServerState): readonly NoticeEvent[] {
  if (configServers === null) return []
  return [{ type: 'notice', code: 'MONGODB_SHARD_DIRECT', details: { configServers }, fix: [THROUGH_ROUTERS] }]
}
