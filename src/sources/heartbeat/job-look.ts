import type { HeartbeatEvidence, JobFacts, JobFixes, JobsFacts } from './facts.ts'

export interface JobLook {
  readonly job: JobFacts
  readonly jobs: Extract<JobsFacts, { seen: true }>
  readonly fixes: JobFixes
}

/** The jobs of a scheduler that runs, as far as they are seen; null: none runs, or it is none of ours. */
export function jobsOf({ scheduler, fixes }: HeartbeatEvidence) {
  if (scheduler?.seen !== 'scheduler' || scheduler.jobs === null || fixes.jobs === null) return null
  return { jobs: scheduler.jobs, fixes: fixes.jobs }
}

/** The job that may be meant: one that runs where the table is, and one that is enabled, before others. */
export function likelyJob(evidence: HeartbeatEvidence): JobLook | null {
  const look = jobsOf(evidence)
  if (look === null || !look.jobs.seen) return null
  const rank = ({ elsewhere, isActive }: JobFacts) => Number(elsewhere === null) * 2 + Number(isActive)
  const [job] = look.jobs.jobs.toSorted((a, b) => rank(b) - rank(a))
  return job === undefined ? null : { job, jobs: look.jobs, fixes: look.fixes }
}

/** The job where the table is. What runs elsewhere is another application's, and is not changed unless a person decides so. */
export function jobOf(evidence: HeartbeatEvidence): JobLook | null {
  const look = likelyJob(evidence)
  return look?.job.elsewhere === null ? look : null
}
