import { heartbeatChecks } from '../../../doctor/checks/heartbeat-checks.ts'
import { type Check, type Checkup, checkupOf } from '../../check.ts'
import { heartbeatEvidence } from '../beat/heartbeat-facts.ts'
import { POSTGRESQL_DEFAULTS, type PostgresqlConfig } from '../config.ts'
import { type Evidence, gatherEvidence } from './evidence/evidence.ts'
import { freeSenderCheck, freeSlotCheck } from './free-resource-check.ts'
import { replicationRoleCheck, watchedGrantCheck } from './grant-check.ts'
import { heartbeatIndexCheck } from './heartbeat-index-check.ts'
import { deferrableKeyCheck, partitionIdentityCheck, wholeKeyCheck } from './key-check.ts'
import { holderCheck, keptCheck, positionCheck } from './position-check.ts'
import {
  heartbeatPublishedCheck,
  identityCheck,
  operationCheck,
  partitionCheck,
  patternCheck,
  publicationCheck,
  watchedPublishedCheck,
} from './publication-finding.ts'
import { replicationConnectionCheck } from './replication-check.ts'
import { blockerCheck, idleTimeoutCheck, keepSizeCheck } from './retention-check.ts'
import { senderTimeoutCheck, sightCheck, versionCheck, walLevelCheck } from './server-check.ts'
import { feedbackCheck, replayCheck } from './standby-check.ts'
import { streamHeldCheck } from './stream-check.ts'

const beats = heartbeatChecks('postgresql', heartbeatEvidence, {
  words: POSTGRESQL_DEFAULTS.words,
  scheduler: { title: 'pg_cron on the primary', faults: ['SCHEDULER_NOT_LOADED', 'SCHEDULER_MISSING'] },
})

/** In the order of the symptoms. First come the checks whose failure makes all others meaningless. */
export const POSTGRESQL_CHECKS: readonly Check<Evidence>[] = [
  versionCheck,
  walLevelCheck,
  replicationConnectionCheck,
  ...beats.notFound,
  replicationRoleCheck,
  ...beats.denied,
  watchedGrantCheck,
  ...beats.unchanged,
  publicationCheck,
  heartbeatPublishedCheck,
  watchedPublishedCheck,
  operationCheck,
  patternCheck,
  partitionCheck,
  replayCheck,
  streamHeldCheck,
  positionCheck,
  holderCheck,
  keepSizeCheck,
  idleTimeoutCheck,
  blockerCheck,
  identityCheck,
  wholeKeyCheck,
  partitionIdentityCheck,
  deferrableKeyCheck,
  heartbeatIndexCheck,
  freeSlotCheck,
  freeSenderCheck,
  senderTimeoutCheck,
  feedbackCheck,
  keptCheck,
  sightCheck,
]

export const POSTGRESQL_CHECKUP: Checkup<PostgresqlConfig> = checkupOf(
  (config, context, signal) => gatherEvidence(config, context, signal),
  POSTGRESQL_CHECKS,
)
