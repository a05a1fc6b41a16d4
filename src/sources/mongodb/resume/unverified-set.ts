import type { NoticeEvent } from '../../../model/log-event.ts'
import type { Offset, ServerIdentity } from '../../../model/offset.ts'
import type { Context } from '../../source.ts'
import type { MongodbConfig } from '../config.ts'
import { grantRole } from '../connect/grant.ts'
import { compareIdentity } from './identity.ts'

/** The runs of sources that have reported it. A run opens a reader for each attempt, always with the same context. */
const REPORTED = new WeakSet<Context>()

/** The notice that nothing shows whether the log is that of the offset, once in a run of the source. */
export function unverifiedSet(
  context: Context,
  config: MongodbConfig,
  { from, identity }: { readonly from: Offset | 'now'; readonly identity: ServerIdentity },
): readonly NoticeEvent[] {
  if (from === 'now' || compareIdentity(from.server, identity) !== 'unproven' || REPORTED.has(context)) return []
  REPORTED.add(context)
  const fix = grantRole(config, { role: 'clusterMonitor', db: 'admin' })
  return [{ type: 'notice', code: 'MONGODB_SET_UNVERIFIED', details: { ...identity }, fix: [fix] }]
}
