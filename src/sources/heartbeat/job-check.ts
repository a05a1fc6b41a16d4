import { formatDurationMs } from '../../model/duration.ts'
import { advice, type Check, type CheckResult, finding, instead, manual, spanInWords, unseen, well } from '../check.ts'
import type { HeartbeatEvidence, JobFixes } from './facts.ts'
import { automatic } from './finding.ts'
import { type RowMoves, rowMoves } from './row-moves.ts'
import { jobOf, jobsOf, likelyJob, type VisibleJob } from './visible-job.ts'

type SeenJobs = VisibleJob['jobs']

/** A run is logged before its change is committed, so a change up to this long after a run can still be the run's own. */
const RUN_MS = 10_000

/** null: no job was deleted, or the row has changed since its last run. */
function deletedSince({ deleted }: SeenJobs, { is, agoMs }: RowMoves): string | null {
  if (deleted === null || deleted.ranAgoMs === null) return null
  if (is === 'moving' && (agoMs === null || agoMs + RUN_MS < deleted.ranAgoMs)) return null
  return `${deleted.name} of ${deleted.user} last ran ${spanInWords(deleted.ranAgoMs)} ago, and was deleted`
}

/** No job is seen, and others may be hidden. */
function noneOfOurs(jobs: SeenJobs, hides: string, fixes: JobFixes, evidence: HeartbeatEvidence): CheckResult {
  const { name } = evidence.heartbeat
  const none = jobs.noneOfOurs
  const show = fixes.show()
  const moves = rowMoves(evidence)
  const deleted = deletedSince(jobs, moves)
  // The row changes, so another role's job updates it, and that job is hidden.
  if (moves.is === 'moving' && deleted === null)
    return unseen(`${none}, and ${hides}`, show.map(({ text }) => text).join('; '), show.map(automatic))
  return finding('fail', 'JOB_MISSING', {
    found: deleted ?? `${none}; ${hides}, and nothing shows that another job does it: ${moves.words}`,
    expected: `a job that updates ${name}`,
    fix: [
      ...fixes.schedule().map(automatic),
      instead(`if the job of another role is to update the row, let ${jobs.user} see it`),
      ...show.map((fix) => manual(fix, 'another role may have the job')),
    ],
  })
}

export const jobCheck: Check<HeartbeatEvidence> = {
  id: 'job',
  symptom: 3,
  title: 'the job',
  codes: ['JOB_MISSING'],
  run(evidence) {
    const visible = jobsOf(evidence)
    if (visible === null) return null
    const { jobs, fixes } = visible
    if (!jobs.seen) return unseen(jobs.found, jobs.needs, jobs.fix.map(automatic))
    const expected = `a job that updates ${evidence.heartbeat.name}`
    if (jobs.jobs.length > 0) return well(`${jobs.jobs.map(({ name }) => name).join(', ')} exists`, expected)
    if (jobs.hides !== null) return noneOfOurs(jobs, jobs.hides, fixes, evidence)
    return finding('fail', 'JOB_MISSING', {
      found: `${jobs.list} has no job whose command names the heartbeat table`,
      expected,
      fix: fixes.schedule().map(automatic),
    })
  },
}

export const jobActiveCheck: Check<HeartbeatEvidence> = {
  id: 'job-active',
  symptom: 3,
  title: 'the job is enabled',
  codes: ['JOB_DISABLED'],
  run(evidence) {
    const visible = jobOf(evidence)
    if (visible === null) return null
    const { job, fixes } = visible
    const expected = 'active'
    if (job.disabled === null) return well(`${job.name} is active`, expected)
    const fix = [automatic(fixes.enable(job))]
    return finding('fail', 'JOB_DISABLED', { found: `${job.name} ${job.disabled}`, expected, fix })
  },
}

export const jobDatabaseCheck: Check<HeartbeatEvidence> = {
  id: 'job-database',
  symptom: 3,
  title: "the job's database",
  codes: ['JOB_OTHER_DATABASE'],
  run(evidence) {
    const visible = likelyJob(evidence)
    if (visible === null) return null
    const { job, fixes } = visible
    const expected = `it runs in ${evidence.heartbeat.location}`
    if (job.elsewhere === null) return well(`${job.name} runs there`, expected)
    const isOtherRow = job.row === 'another row' || job.row === 'no row'
    const found = `${job.name} runs in ${job.elsewhere}${isOtherRow ? `, and ${job.rowInWords}` : ''}`
    const because = `it can be the heartbeat of ${job.elsewhere}`
    const fix = [
      manual(fixes.moveHere(job), because),
      instead(`keep it for ${job.elsewhere}, and schedule another one`),
      ...fixes.schedule().map((fix) => manual(fix, because)),
    ]
    return finding('fail', 'JOB_OTHER_DATABASE', { found, expected, fix })
  },
}

export const jobRowCheck: Check<HeartbeatEvidence> = {
  id: 'job-row',
  symptom: 3,
  title: 'the row that the job updates',
  codes: ['JOB_OTHER_ROW'],
  run(evidence) {
    const visible = jobOf(evidence)
    if (visible === null) return null
    const { job, fixes } = visible
    const expected = 'the row with id = 1'
    if (job.row === null)
      return unseen(`which row ${job.name} updates cannot be read from its command`, 'an UPDATE with WHERE id = 1')
    if (job.row === 'the row') return well(`${job.name} updates it`, expected)
    const fix = [automatic(fixes.changeRow(job))]
    return finding('fail', 'JOB_OTHER_ROW', { found: `${job.name} ${job.rowInWords}`, expected, fix })
  },
}

export const jobScheduleCheck: Check<HeartbeatEvidence> = {
  id: 'job-schedule',
  symptom: 3,
  title: 'how often the job runs',
  codes: ['JOB_SCHEDULE'],
  run(evidence) {
    const visible = jobOf(evidence)
    if (visible === null) return null
    const { job, jobs, fixes } = visible
    const { intervalMs } = evidence
    const { gapMs, schedule, name } = job
    const expected = `at least every ${formatDurationMs(intervalMs)}, which is heartbeat.source.interval`
    if (gapMs === null) return unseen(`the schedule ${schedule} of ${name} cannot be parsed`, jobs.scheduleForms)
    const found = `${name} runs on ${schedule}, at intervals of up to ${formatDurationMs(gapMs)}`
    if (gapMs <= intervalMs) return well(found, expected)
    const change = fixes.reschedule(job)
    const fix = [change.in === 'database' ? automatic(change) : advice(change.text)]
    return finding(gapMs > 3 * intervalMs ? 'fail' : 'warn', 'JOB_SCHEDULE', { found, expected, fix })
  },
}
