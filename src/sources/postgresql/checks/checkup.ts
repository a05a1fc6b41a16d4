import { type Check, type Checkup, checkupOf } from '../../check.ts'
import type { PostgresqlConfig } from '../config.ts'
import { heartbeatMovesCheck, heartbeatWritableCheck } from './beat-check.ts'
import { type Evidence, gatherEvidence } from './evidence/evidence.ts'
import { freeSenderCheck, freeSlotCheck } from './free-place-check.ts'
import { heartbeatGrantCheck, replicationRoleCheck, watchedGrantCheck } from './grant-check.ts'
import { heartbeatIndexCheck, heartbeatRowCheck, heartbeatTableCheck } from './heartbeat-table-check.ts'
import { jobActiveCheck, jobCheck, jobDatabaseCheck, jobRowCheck, jobScheduleCheck } from './job-check.ts'
import { jobRunCheck } from './job-run-check.ts'
import { deferrableKeyCheck, partitionIdentityCheck, wholeKeyCheck } from './key-check.ts'
import { holderCheck, keptCheck, placeCheck } from './place-check.ts'
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
import { schedulerCheck } from './scheduler-check.ts'
import { senderTimeoutCheck, sightCheck, versionCheck, walLevelCheck } from './server-check.ts'
import { feedbackCheck, replayCheck } from './standby-check.ts'
import { streamHeldCheck } from './stream-check.ts'

/** In the order of the symptoms; first what makes all the rest meaningless. */
export const POSTGRESQL_CHECKS: readonly Check<Evidence>[] = [
  versionCheck,
  walLevelCheck,
  replicationConnectionCheck,
  heartbeatTableCheck,
  heartbeatRowCheck,
  replicationRoleCheck,
  heartbeatGrantCheck,
  watchedGrantCheck,
  heartbeatWritableCheck,
  schedulerCheck,
  jobCheck,
  jobActiveCheck,
  jobDatabaseCheck,
  jobScheduleCheck,
  jobRowCheck,
  jobRunCheck,
  heartbeatMovesCheck,
  publicationCheck,
  heartbeatPublishedCheck,
  watchedPublishedCheck,
  operationCheck,
  patternCheck,
  partitionCheck,
  replayCheck,
  streamHeldCheck,
  placeCheck,
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
