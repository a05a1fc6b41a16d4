import { movesCheck, writableCheck } from '../../../doctor/checks/beat-check.ts'
import { checkOf } from '../../../doctor/checks/check-of.ts'
import { grantCheck, rowCheck, tableCheck } from '../../../doctor/checks/table-check.ts'
import { type Check, type Checkup, checkupOf } from '../../check.ts'
import type { HeartbeatEvidence } from '../../heartbeat/facts.ts'
import { jobActiveCheck, jobCheck, jobPlaceCheck, jobRowCheck, jobScheduleCheck } from '../../heartbeat/job-check.ts'
import { jobRunCheck } from '../../heartbeat/job-run-check.ts'
import { schedulerCheck } from '../../heartbeat/scheduler-check.ts'
import { heartbeatEvidence } from '../beat/heartbeat-facts.ts'
import type { PostgresqlConfig } from '../config.ts'
import { type Evidence, gatherEvidence } from './evidence/evidence.ts'
import { freeSenderCheck, freeSlotCheck } from './free-place-check.ts'
import { replicationRoleCheck, watchedGrantCheck } from './grant-check.ts'
import { heartbeatIndexCheck } from './heartbeat-index-check.ts'
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
import { senderTimeoutCheck, sightCheck, versionCheck, walLevelCheck } from './server-check.ts'
import { feedbackCheck, replayCheck } from './standby-check.ts'
import { streamHeldCheck } from './stream-check.ts'

function ofHeartbeat(check: Check<HeartbeatEvidence>, title?: string): Check<Evidence> {
  return checkOf('postgresql', check, heartbeatEvidence, title)
}

/** In the order of the symptoms; first what makes all the rest meaningless. */
export const POSTGRESQL_CHECKS: readonly Check<Evidence>[] = [
  versionCheck,
  walLevelCheck,
  replicationConnectionCheck,
  ofHeartbeat(tableCheck),
  ofHeartbeat(rowCheck),
  replicationRoleCheck,
  ofHeartbeat(grantCheck),
  watchedGrantCheck,
  ofHeartbeat(writableCheck),
  ofHeartbeat(schedulerCheck, 'pg_cron on the primary'),
  ofHeartbeat(jobCheck),
  ofHeartbeat(jobActiveCheck),
  ofHeartbeat(jobPlaceCheck),
  ofHeartbeat(jobScheduleCheck),
  ofHeartbeat(jobRowCheck),
  ofHeartbeat(jobRunCheck),
  ofHeartbeat(movesCheck),
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
