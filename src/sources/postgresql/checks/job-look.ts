import type { CheckFix } from '../../check.ts'
import type { JobEvidence } from './evidence/evidence.ts'
import type { Job, JobSight } from './evidence/job-evidence.ts'
import type { Scheduler } from './evidence/scheduler-evidence.ts'
import { onDatabase } from './finding.ts'
import { schedulerOf } from './scheduler-check.ts'

/** pg_cron lets nobody else call it until somebody grants EXECUTE on it. */
const MAY_ALTER = "a superuser, or the job's owner with EXECUTE on cron.alter_job"

export interface JobLook {
  readonly scheduler: Scheduler
  readonly sight: JobSight
  readonly job: Job
  readonly alter: (change: string) => CheckFix
}

/** The job in our database. What runs in another is that one's, and none of ours to change, until somebody says otherwise. */
export function jobOf(evidence: JobEvidence): JobLook | null {
  const look = likelyJob(evidence)
  return look?.job.database === evidence.config.connection.database ? look : null
}

/** The job that may be meant: one that is enabled and in our database before others. */
export function likelyJob(evidence: JobEvidence): JobLook | null {
  const scheduler = schedulerOf(evidence)
  if (scheduler?.extension == null || scheduler.jobs === null) return null
  const ours = evidence.config.connection.database
  const rank = (job: Job) => Number(job.database === ours) * 2 + Number(job.active)
  const [job] = scheduler.jobs.jobs.toSorted((a, b) => rank(b) - rank(a))
  if (job === undefined) return null
  const { database } = scheduler.extension
  const alter = (change: string) => onDatabase(database, `SELECT cron.alter_job(${job.id}, ${change})`, MAY_ALTER)
  return { scheduler, sight: scheduler.jobs, job, alter }
}
