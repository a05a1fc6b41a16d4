import { heartbeatChecks } from '../../../doctor/checks/heartbeat-checks.ts'
import { patternCheck } from '../../../doctor/checks/pattern-check.ts'
import { type Check, type Checkup, checkupOf } from '../../check.ts'
import { MONGODB_DEFAULTS, type MongodbConfig } from '../config.ts'
import { hiddenEntries } from '../inspect/collections.ts'
import { type Evidence, gatherEvidence } from './evidence.ts'
import { heartbeatEvidence } from './heartbeat-facts.ts'
import { noopCheck } from './noop-check.ts'
import { positionCheck } from './position-check.ts'
import { retentionCheck } from './retention-check.ts'
import { imageCheck, memberCheck } from './server-check.ts'
import { shardCheck, shardMemberCheck } from './shard-check.ts'
import { replicaSetCheck, streamGrantCheck } from './stream-check.ts'

/** In the order of the symptoms. First comes the check whose failure makes all others meaningless. */
export function mongodbChecks(): readonly Check<Evidence>[] {
  const own = (check: Check<Evidence>): Check<Evidence> => ({ ...check, id: `mongodb.${check.id}` })
  const beats = heartbeatChecks('mongodb', heartbeatEvidence, { words: MONGODB_DEFAULTS.words, scheduler: null })
  const patterns = patternCheck('mongodb', (evidence: Evidence) => ({
    config: evidence.config,
    tables: evidence.collections.found,
    defaults: MONGODB_DEFAULTS,
    hidden: hiddenEntries(evidence.config, evidence.collections),
  }))
  return [
    own(replicaSetCheck),
    own(shardMemberCheck),
    ...beats.notFound,
    own(streamGrantCheck),
    ...beats.denied,
    ...beats.unchanged,
    patterns,
    ...[positionCheck, retentionCheck, memberCheck, noopCheck, shardCheck, imageCheck].map(own),
  ]
}

export function mongodbCheckup(): Checkup<MongodbConfig> {
  return checkupOf((config, context, signal) => gatherEvidence(config, context, signal), mongodbChecks())
}
