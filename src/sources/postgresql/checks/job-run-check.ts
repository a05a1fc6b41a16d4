import { forPerson, query } from '../../../model/fix.ts'
import {
  advice,
  type Check,
  type CheckFix,
  type CheckResult,
  instead,
  manual,
  spanInWords,
  unseen,
  well,
} from '../../check.ts'
import { allowRows, byOwner } from '../beat/heartbeat-obstacle.ts'
import { grantHeartbeat, insertHeartbeatRow } from '../beat/heartbeat-table.ts'
import { JOB_OWNER, TABLE_OWNER } from '../connect/fix-runner.ts'
import { quoteIdentifier } from '../connect/quoting.ts'
import type { JobEvidence } from './evidence/evidence.ts'
import type { Job } from './evidence/job-evidence.ts'
import { finding, fixOf, onDatabase, SOMEBODYS, settingAtStart } from './finding.ts'
import { safeWords } from './job-command.ts'
import { type JobLook, jobOf } from './job-look.ts'
import { rowChange } from './row-age.ts'
import { longestGapMs } from './schedule.ts'
import { cronDatabase } from './scheduler-check.ts'

const EXPECTED = 'a run that succeeded and changed one row'

export const jobRunCheck: Check<JobEvidence> = {
  id: 'postgresql.job-runs',
  symptom: 3,
  title: 'the last run of the job',
  codes: ['JOB_FAILING', 'JOB_NOT_RUNNING'],
  look(evidence) {
    const look = jobOf(evidence)
    if (look === null || !look.job.active) return null
    const { job, sight } = look
    const lacking = grantsLacking(look, evidence)
    if (lacking !== null && job.run?.status !== 'failed') return willFail(look, lacking)
    if (!sight.logsRuns)
      return unseen('runs are not logged: cron.log_run = off', 'cron.log_run = on, and a restart of the server')
    // A run that waits for the row is neither failed nor missing: another check reports who locks it.
    const waits = (evidence.heartbeat.obstacles?.holders ?? []).length > 0
    if (job.run === null) return waits ? null : neverRan(look, evidence)
    if (job.run.status === 'failed') return failed(look, evidence)
    if (job.run.message === 'UPDATE 0') return failed(look, evidence)
    const tooLate = late(look)
    if (tooLate !== null && waits) return null
    return tooLate ?? well(`job ${job.id} succeeded: ${safeWords(job.run.message)}`, EXPECTED)
  },
}

/** A job that was made a moment ago has not run yet; one that is seen without its runs may be hidden. */
function neverRan({ job, sight }: JobLook, evidence: JobEvidence): CheckResult {
  const { row } = evidence.heartbeat
  const withinMs = 3 * evidence.config.heartbeat.source.intervalMs
  if (!sight.all || row === null || rowChange(row, withinMs, false) !== 'long ago')
    return unseen(`no run of job ${job.id} is seen yet`, 'a run, or SELECT on the rows of cron.job_run_details')
  return notRunning(`job ${job.id} has never run, and the row does not change`)
}

function late({ job }: JobLook): CheckResult | null {
  const gapMs = longestGapMs(job.schedule)
  const agoMs = job.run?.startedAgoMs ?? null
  if (gapMs === null || agoMs === null || agoMs <= 3 * gapMs) return null
  return notRunning(`job ${job.id} last ran ${spanInWords(agoMs)} ago`)
}

function notRunning(found: string): CheckResult {
  return finding('fail', 'JOB_NOT_RUNNING', {
    found,
    expected: 'a run at every time of its schedule',
    fix: [
      manual(
        query("SELECT pid, backend_start FROM pg_stat_activity WHERE application_name LIKE 'pg_cron%'", 'any user', {
          at: 'postgres',
        }),
        '',
      ),
      advice('no such process: pg_cron is not in shared_preload_libraries, or the server must be restarted'),
    ],
  })
}

/** Known before a run has met it. */
function willFail({ job }: JobLook, fix: readonly CheckFix[]): CheckResult {
  const found = `job ${job.id} runs as ${job.user}, who cannot update the row: its next run will fail`
  return finding('fail', 'JOB_FAILING', { found, expected: EXPECTED, fix })
}

function failed(look: JobLook, evidence: JobEvidence): CheckResult {
  const { job } = look
  const run = job.run
  const words = run === null ? '' : safeWords(run.message)
  const how = run?.status === 'failed' ? 'failed' : 'changed no row'
  return finding('fail', 'JOB_FAILING', {
    found: `the last run of job ${job.id}, as ${job.user}, ${how}: ${words}`,
    expected: EXPECTED,
    fix: grantsLacking(look, evidence) ??
      rowLacking(look, evidence) ??
      rowKept(look, evidence) ??
      loginLacking(look, evidence) ?? [read(look, evidence)],
  })
}

/** By what its owner may do now: the words of a run are in the server's language, and may be of a time before. */
function grantsLacking({ job }: JobLook, { config }: JobEvidence): readonly CheckFix[] | null {
  const { rights } = job
  if (rights === null || (rights.usage && rights.update)) return null
  const usage = `GRANT USAGE ON SCHEMA ${quoteIdentifier(config.heartbeat.source.schema)} TO ${quoteIdentifier(job.user)}`
  return [inTable(job, usage), inTable(job, grantHeartbeat(config, job.user, 'job'))]
}

function rowLacking({ job }: JobLook, { heartbeat, config }: JobEvidence): readonly CheckFix[] | null {
  return heartbeat.row?.first === false ? [inTable(job, insertHeartbeatRow(config))] : null
}

/** Of a run that changed no row, though it is there. */
function rowKept({ job }: JobLook, { heartbeat, config }: JobEvidence): readonly CheckFix[] | null {
  const { obstacles } = heartbeat
  if (job.run?.message !== 'UPDATE 0' || obstacles === null) return null
  const { suppressors, rowSecurity } = obstacles
  const runs = [
    ...suppressors.map(({ words, disable }) => [
      forPerson(`${words} can keep the row from being updated`),
      byOwner(config, disable),
    ]),
    ...(rowSecurity.enabled ? [allowRows(config, job.user, rowSecurity)] : []),
  ].flat()
  return runs.length === 0 ? null : runs.map((run) => fixOf({ config }, run, SOMEBODYS))
}

/** These words are pg_cron's own, in no other language; that its jobs log in at all is the server's word. */
function loginLacking({ job, sight, scheduler }: JobLook, evidence: JobEvidence): readonly CheckFix[] | null {
  if (job.run?.message !== 'connection failed' || sight.ownProcesses === true) return null
  const database = cronDatabase(scheduler, evidence)
  return [
    ...settingAtStart(scheduler.places, database, 'cron.use_background_workers', 'on'),
    instead(`let ${job.user} connect from the server to itself without a password (pg_hba.conf, .pgpass)`),
  ]
}

function read({ job, scheduler }: JobLook, evidence: JobEvidence): CheckFix {
  const run = `SELECT return_message FROM cron.job_run_details WHERE jobid = ${job.id} ORDER BY runid DESC LIMIT 1`
  return manual(query(run, JOB_OWNER, { at: cronDatabase(scheduler, evidence) }), '')
}

function inTable(job: Job, run: string): CheckFix {
  return onDatabase(job.database, run, TABLE_OWNER)
}
