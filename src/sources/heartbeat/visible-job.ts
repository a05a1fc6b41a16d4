import type { HeartbeatEvidence, JobFacts, JobFixes, JobsFacts } from './facts.ts'

export interface VisibleJob {
  readonly job: JobFacts
  readonly jobs: Extract<JobsFacts, { seen: true }>
  readonly fixes: JobFixes
}

/** The jobs of a running scheduler, as far as they are visible; null: no scheduler runs, or this source uses none. */
export function jobsOf({ scheduler, fixes }: HeartbeatEvidence) {
  if (scheduler?.seen !== 'scheduler' || scheduler.jobs === null || fixes.jobs === null) return null
  return { jobs: scheduler.jobs, fixes: fixes.jobs }
}

/** The job that is most likely ours: one that runs in the table's database first, then one that is enabled. */
export function likelyJob(evidence: HeartbeatEvidence): VisibleJob | null {
  const visible = jobsOf(evidence)
  if (visible === null || !visible.jobs.seen) return null
  const rank = ({ elsewhere, disabled }: JobFacts) => Number(elsewhere === null) * 2 + Number(disabled === null)
  const [job] = visible.jobs.jobs.toSorted((a, b) => rank(b) - rank(a))
  return job === undefined ? null : { job, jobs: visible.jobs, fixes: visible.fixes }
}

/** The job in the table's database. A job elsewhere belongs to another application and is changed only if a person decides to. */
export function jobOf(evidence: HeartbeatEvidence): VisibleJob | null {
  const visible = likelyJob(evidence)
  return visible?.job.elsewhere === null ? visible : null
}
