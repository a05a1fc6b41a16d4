import {
  advice,
  type Check,
  type CheckFix,
  type CheckResult,
  finding,
  manual,
  spanInWords,
  unseen,
  well,
} from '../check.ts'
import type { HeartbeatEvidence } from './facts.ts'
import { automatic } from './finding.ts'
import { rowChange } from './row-age.ts'
import { jobOf, type VisibleJob } from './visible-job.ts'

const EXPECTED = 'a run that succeeded and changed one row'

export const jobRunCheck: Check<HeartbeatEvidence> = {
  id: 'job-runs',
  symptom: 3,
  title: 'the last run of the job',
  codes: ['JOB_FAILING', 'JOB_NOT_RUNNING'],
  run(evidence) {
    const visible = jobOf(evidence)
    if (visible === null || visible.job.disabled !== null) return null
    const { job, jobs, fixes } = visible
    const { run } = job
    if (job.canUpdate === false && run?.result !== 'failed')
      return finding('fail', 'JOB_FAILING', {
        found: `${job.name} runs as ${job.user}, who cannot update the row: its next run will fail`,
        expected: EXPECTED,
        fix: fixes.grant(job).map(automatic),
      })
    if (jobs.runsUnseen !== null) return unseen(jobs.runsUnseen.found, jobs.runsUnseen.needs)
    // A run that is waiting for the row has neither failed nor is it missing. Another check reports who locks the row.
    const waits = evidence.heartbeat.lockedBy !== null
    if (run === null) return waits ? null : neverRan(visible, evidence)
    if (run.result === 'failed' || run.result === 'changed no row') return failed(visible, evidence)
    const tooLate = late(visible)
    if (tooLate !== null && waits) return null
    return tooLate ?? well(`${job.name} succeeded: ${run.words}`, EXPECTED)
  },
}

/** A job that was just created has not run yet. If a job is visible without runs, its runs may be hidden. */
function neverRan(visible: VisibleJob, { heartbeat, intervalMs }: HeartbeatEvidence): CheckResult {
  const { job, jobs } = visible
  const { row } = heartbeat
  if (jobs.hides !== null || row === null || rowChange(row, 3 * intervalMs, false) !== 'long ago')
    return unseen(`no run of ${job.name} is seen yet`, `a run, or ${jobs.runsShownBy}`)
  return notRunning(visible, `${job.name} has never run, and the row does not change`)
}

function late(visible: VisibleJob): CheckResult | null {
  const { gapMs, run, name } = visible.job
  const agoMs = run?.agoMs ?? null
  if (gapMs === null || agoMs === null || agoMs <= 3 * gapMs) return null
  return notRunning(visible, `${name} last ran ${spanInWords(agoMs)} ago`)
}

function notRunning({ fixes }: VisibleJob, found: string): CheckResult {
  return finding('fail', 'JOB_NOT_RUNNING', {
    found,
    expected: 'a run at every time of its schedule',
    fix: fixes.explainSilence().map((fix) => (fix.in === 'person' ? advice(fix.text) : manual(fix, ''))),
  })
}

function failed(visible: VisibleJob, evidence: HeartbeatEvidence): CheckResult {
  const { name, user, run } = visible.job
  const how = run?.result === 'failed' ? 'failed' : 'changed no row'
  return finding('fail', 'JOB_FAILING', {
    found: `the last run of ${name}, as ${user}, ${how}: ${run?.words ?? ''}`,
    expected: EXPECTED,
    fix: fixOf(visible, evidence),
  })
}

/** Decides by the owner's current privileges. The message of a run is in the server's language and may be out of date. */
function fixOf({ job, fixes }: VisibleJob, { heartbeat }: HeartbeatEvidence): readonly CheckFix[] {
  if (job.canUpdate === false) return fixes.grant(job).map(automatic)
  if (heartbeat.row?.first === false) return [automatic(fixes.insertRow(job))]
  return fixes.explainFailure(job)
}
