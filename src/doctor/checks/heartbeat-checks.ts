import type { ErrorCode } from '../../model/error-code.ts'
import type { Check } from '../../sources/check.ts'
import type { HeartbeatEvidence } from '../../sources/heartbeat/facts.ts'
import {
  jobActiveCheck,
  jobCheck,
  jobDatabaseCheck,
  jobRowCheck,
  jobScheduleCheck,
} from '../../sources/heartbeat/job-check.ts'
import { jobRunCheck } from '../../sources/heartbeat/job-run-check.ts'
import { schedulerCheck } from '../../sources/heartbeat/scheduler-check.ts'
import { movesCheck, writableCheck } from './beat-check.ts'
import { grantCheck, rowCheck, tableCheck } from './table-check.ts'

/** The layer 2 checks for a database's list of checks, by symptom (see `Symptom`). */
export interface HeartbeatChecks<Evidence> {
  readonly notFound: readonly Check<Evidence>[]
  readonly denied: readonly Check<Evidence>[]
  readonly unchanged: readonly Check<Evidence>[]
}

/**
 * `of` extracts their input from the evidence that the database gathered. `scheduler`: the title of the scheduler check, and the codes of
 * `SchedulerFacts.fault`. null: the database has no scheduler, so a job can only be outside of it.
 */
export function heartbeatChecks<Evidence>(
  kind: string,
  of: (evidence: Evidence) => HeartbeatEvidence,
  scheduler: { readonly title: string; readonly faults: readonly ErrorCode[] } | null,
): HeartbeatChecks<Evidence> {
  const own = (check: Check<HeartbeatEvidence>): Check<Evidence> => ({
    ...check,
    id: `${kind}.${check.id}`,
    run: (evidence) => check.run(of(evidence)),
  })
  return {
    notFound: [tableCheck, rowCheck].map(own),
    denied: [own(grantCheck)],
    unchanged: [writableCheck, ...(scheduler === null ? [] : schedulerChecks(scheduler)), movesCheck].map(own),
  }
}

function schedulerChecks({
  title,
  faults,
}: {
  readonly title: string
  readonly faults: readonly ErrorCode[]
}): readonly Check<HeartbeatEvidence>[] {
  const scheduled = { ...schedulerCheck, title, codes: [...schedulerCheck.codes, ...faults] }
  return [scheduled, jobCheck, jobActiveCheck, jobDatabaseCheck, jobScheduleCheck, jobRowCheck, jobRunCheck]
}
