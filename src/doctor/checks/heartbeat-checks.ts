import type { DataWords } from '../../model/data-words.ts'
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

interface HeartbeatTitles {
  readonly words: DataWords
  /** The title of the scheduler check, and the codes of `SchedulerFacts.fault`. null: there is none, so a job can only be outside. */
  readonly scheduler: { readonly title: string; readonly faults: readonly ErrorCode[] } | null
}

/** `of` extracts their input from the evidence that the database gathered. */
export function heartbeatChecks<Evidence>(
  kind: string,
  of: (evidence: Evidence) => HeartbeatEvidence,
  { words, scheduler }: HeartbeatTitles,
): HeartbeatChecks<Evidence> {
  const own = (check: Check<HeartbeatEvidence>): Check<Evidence> => ({
    ...check,
    id: `${kind}.${check.id}`,
    run: (evidence) => check.run(of(evidence)),
  })
  return {
    notFound: [tableCheck(words), rowCheck(words)].map(own),
    denied: [own(grantCheck(words))],
    unchanged: [writableCheck, ...(scheduler === null ? [] : schedulerChecks(scheduler)), movesCheck(words)].map(own),
  }
}

function schedulerChecks({
  title,
  faults,
}: NonNullable<HeartbeatTitles['scheduler']>): readonly Check<HeartbeatEvidence>[] {
  const scheduled = { ...schedulerCheck, title, codes: [...schedulerCheck.codes, ...faults] }
  return [scheduled, jobCheck, jobActiveCheck, jobDatabaseCheck, jobScheduleCheck, jobRowCheck, jobRunCheck]
}
