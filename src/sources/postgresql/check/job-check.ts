import { formatDurationMs } from '../../../model/duration.ts'
import { advice, type Check, type CheckFix, type CheckResult, spanInWords, unseen, well } from '../../check.ts'
import { quoteIdentifier, quoteLiteral } from '../errors.ts'
import { grantHeartbeat, heartbeatTableName, insertHeartbeatRow } from '../heartbeat-table.ts'
import { beatStatement, scheduleCall } from '../setup/job-step.ts'
import { cronSchedule, pgCronSchedule } from '../setup/schedule.ts'
import type { JobEvidence } from './evidence.ts'
import { finding, RESTART, SUPERUSER } from './finding.ts'
import { rowOfCommand, safeWords } from './job-command.ts'
import { rowChange } from './row-age.ts'
import { longestGapMs } from './schedule.ts'
import { cronDatabase, onDatabase, schedulerOf } from './scheduler-check.ts'
import type { Job, JobSight, Scheduler } from './scheduler-evidence.ts'

const MINUTE_MS = 60_000
const JOB_OWNER = "the job's owner or a superuser"
/** pg_cron lets nobody else call it until somebody grants EXECUTE on it. */
const MAY_ALTER = "a superuser, or the job's owner with EXECUTE on cron.alter_job"

/** What is to be said when the jobs cannot be seen; null: they can. */
function jobsUnseen(scheduler: Scheduler, evidence: JobEvidence): CheckResult | null {
  if (scheduler.extension === null) return null
  const { database } = scheduler.extension
  const { jobs } = scheduler
  const user = quoteIdentifier(scheduler.user)
  if (jobs === null) {
    const grant = `GRANT USAGE ON SCHEMA cron TO ${user}`
    return unseen('the schema cron may not be used, so its jobs are not seen', grant, [
      onDatabase(database, grant, SUPERUSER),
    ])
  }
  if (jobs.all || jobs.jobs.length > 0) return null
  const { table } = evidence.config.heartbeat.source
  // Only the rows of the heartbeat: other jobs' commands are nobody's business.
  const policies = ['job', 'job_run_details'].map(
    (name) =>
      `CREATE POLICY ${quoteIdentifier(`offbeat_${scheduler.user}`)} ON cron.${name} FOR SELECT TO ${user} USING (position(${quoteLiteral(table.toLowerCase())} IN lower(command)) > 0)`,
  )
  return unseen(
    `no job of ${scheduler.user} itself updates ${heartbeatTableName(evidence.config)}, and cron.job shows a user only its own rows`,
    policies.join('; '),
    policies.map((run) => onDatabase(database, run, SUPERUSER)),
  )
}

export const jobCheck: Check<JobEvidence> = {
  id: 'postgresql.job',
  symptom: 3,
  title: 'the job',
  codes: ['POSTGRES_JOB_MISSING'],
  look(evidence) {
    const scheduler = schedulerOf(evidence)
    if (scheduler?.extension == null) return null
    const expected = `a job that updates ${heartbeatTableName(evidence.config)}`
    const hidden = jobsUnseen(scheduler, evidence)
    if (hidden !== null) return hidden
    const jobs = scheduler.jobs?.jobs ?? []
    if (jobs.length > 0) return well(`job ${jobs.map(({ id }) => id).join(', ')} is there`, expected)
    const database = scheduler.extension.database
    return finding('fail', 'POSTGRES_JOB_MISSING', {
      found: `cron.job in the database ${database} has none whose command names the heartbeat table`,
      expected,
      fix: [onDatabase(database, scheduleStatement(evidence, scheduler), whoSchedules(evidence, scheduler))],
    })
  },
}

/** What schedules in another database may be called only with EXECUTE on it, as pg_cron comes. */
function whoSchedules(evidence: JobEvidence, scheduler: Scheduler): string {
  const who = 'who may update the row: the job runs as its owner'
  const { name } = scheduleCall(evidence.config, cronDatabase(scheduler, evidence), '')
  return name === 'cron.schedule' ? who : `${who}; a superuser, or with EXECUTE on ${name}`
}

function scheduleStatement(evidence: JobEvidence, scheduler: Scheduler): string {
  const schedule = scheduleFor(evidence, scheduler)
  const { name, words } = scheduleCall(evidence.config, cronDatabase(scheduler, evidence), schedule)
  return `SELECT ${name}(${words.join(', ')})`
}

/** As often as the interval asks for and the version knows. */
function scheduleFor({ config }: JobEvidence, scheduler: Scheduler): string {
  const { intervalMs } = config.heartbeat.source
  return knowsSeconds(scheduler) ? pgCronSchedule(intervalMs) : cronSchedule(intervalMs)
}

function knowsSeconds({ extension }: Scheduler): boolean {
  const [major = 0, minor = 0] = (extension?.version ?? '').split(/[.-]/).map(Number)
  return major > 1 || (major === 1 && minor >= 5)
}

interface JobLook {
  readonly scheduler: Scheduler
  readonly sight: JobSight
  readonly job: Job
  readonly alter: (change: string) => CheckFix
}

/** The job in our database. What runs in another is that one's, and none of ours to change, until somebody says otherwise. */
function jobOf(evidence: JobEvidence): JobLook | null {
  const look = likelyJob(evidence)
  return look?.job.database === evidence.config.connection.database ? look : null
}

/** The job that may be meant: one that is enabled and in our database before others. */
function likelyJob(evidence: JobEvidence): JobLook | null {
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

export const jobActiveCheck: Check<JobEvidence> = {
  id: 'postgresql.job-active',
  symptom: 3,
  title: 'the job is enabled',
  codes: ['POSTGRES_JOB_DISABLED'],
  look(evidence) {
    const look = jobOf(evidence)
    if (look === null) return null
    const { job, alter } = look
    const expected = 'active'
    if (job.active) return well(`job ${job.id} is active`, expected)
    return finding('fail', 'POSTGRES_JOB_DISABLED', {
      found: `job ${job.id} is disabled`,
      expected,
      fix: [alter('active := true')],
    })
  },
}

export const jobDatabaseCheck: Check<JobEvidence> = {
  id: 'postgresql.job-database',
  symptom: 3,
  title: "the job's database",
  codes: ['POSTGRES_JOB_OTHER_DATABASE'],
  look(evidence) {
    const look = likelyJob(evidence)
    if (look === null) return null
    const { job, alter, scheduler } = look
    const { database } = evidence.config.connection
    const expected = `it runs in the database ${database}`
    if (job.database === database) return well(`job ${job.id} runs there`, expected)
    const found = `job ${job.id} runs in the database ${job.database}`
    const left = `it may be the heartbeat of ${job.database} itself`
    const fix = [
      { ...alter(`database := ${quoteLiteral(database)}`), left },
      advice(`or, if ${left}, leave it and schedule another: ${scheduleStatement(evidence, scheduler)}`),
    ]
    return finding('fail', 'POSTGRES_JOB_OTHER_DATABASE', { found, expected, fix })
  },
}

export const jobRowCheck: Check<JobEvidence> = {
  id: 'postgresql.job-row',
  symptom: 3,
  title: 'the row that the job updates',
  codes: ['POSTGRES_JOB_OTHER_ROW'],
  look(evidence) {
    const look = jobOf(evidence)
    if (look === null) return null
    const { job, alter } = look
    const row = rowOfCommand(job.command)
    const expected = 'the row with id = 1'
    if (row === null)
      return unseen(`which row job ${job.id} updates cannot be read from its command`, 'an UPDATE with WHERE id = 1')
    if (row !== 'no update' && row.id === '1') return well(`job ${job.id} updates it`, expected)
    const found =
      row === 'no update'
        ? `job ${job.id} updates no row by its id`
        : `job ${job.id} updates the row with id = ${row.id}`
    const fix = [alter(`command := ${quoteLiteral(beatStatement(evidence.config))}`)]
    return finding('fail', 'POSTGRES_JOB_OTHER_ROW', { found, expected, fix })
  },
}

export const jobScheduleCheck: Check<JobEvidence> = {
  id: 'postgresql.job-schedule',
  symptom: 3,
  title: 'how often the job runs',
  codes: ['POSTGRES_JOB_SCHEDULE'],
  look(evidence) {
    const look = jobOf(evidence)
    if (look === null) return null
    const { job, alter, scheduler } = look
    const { intervalMs } = evidence.config.heartbeat.source
    const gapMs = longestGapMs(job.schedule)
    const expected = `at least every ${formatDurationMs(intervalMs)}, which is heartbeat.source.interval`
    if (gapMs === null)
      return unseen(`the schedule ${job.schedule} of job ${job.id} is not understood`, 'five fields, or N seconds')
    const found = `job ${job.id} runs on ${job.schedule}, with up to ${formatDurationMs(gapMs)} between two runs`
    if (gapMs <= intervalMs) return well(found, expected)
    const status = gapMs > 3 * intervalMs ? 'fail' : 'warn'
    const finest = intervalMs < MINUTE_MS && !knowsSeconds(scheduler)
    const fix = finest
      ? [
          advice(
            `pg_cron ${scheduler.extension?.version ?? ''} knows whole minutes only: in the configuration, heartbeat.source.interval: 1m`,
          ),
        ]
      : [alter(`schedule := ${quoteLiteral(scheduleFor(evidence, scheduler))}`)]
    return finding(status, 'POSTGRES_JOB_SCHEDULE', { found, expected, fix })
  },
}

export const jobRunCheck: Check<JobEvidence> = {
  id: 'postgresql.job-runs',
  symptom: 3,
  title: 'the last run of the job',
  codes: ['POSTGRES_JOB_FAILING', 'POSTGRES_JOB_NOT_RUNNING'],
  look(evidence) {
    const look = jobOf(evidence)
    if (look === null || !look.job.active) return null
    const { job, sight } = look
    if (!sight.logsRuns)
      return unseen('runs are not logged: cron.log_run = off', 'cron.log_run = on, and a restart of the server')
    if (job.run === null) return neverRan(look, evidence)
    if (job.run.status === 'failed') return failed(look, evidence)
    if (job.run.message === 'UPDATE 0') return failed(look, evidence)
    return (
      late(look) ??
      well(`job ${job.id} succeeded: ${safeWords(job.run.message)}`, 'a run that succeeded and changed one row')
    )
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
  return finding('fail', 'POSTGRES_JOB_NOT_RUNNING', {
    found,
    expected: 'a run at every time of its schedule',
    fix: [
      {
        run: "SELECT pid, backend_start FROM pg_stat_activity WHERE application_name LIKE 'pg_cron%'",
        database: 'postgres',
        by: 'anybody',
        left: 'it is a look',
      },
      advice('no such process: pg_cron is not in shared_preload_libraries, or the server must be restarted'),
    ],
  })
}

function failed(look: JobLook, evidence: JobEvidence): CheckResult {
  const { job } = look
  const run = job.run
  const words = run === null ? '' : safeWords(run.message)
  const how = run?.status === 'failed' ? 'failed' : 'changed no row'
  return finding('fail', 'POSTGRES_JOB_FAILING', {
    found: `the last run of job ${job.id}, as ${job.user}, ${how}: ${words}`,
    expected: 'a run that succeeded and changed one row',
    fix: grantsLacking(look, evidence) ??
      rowLacking(look, evidence) ??
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

/** These words are pg_cron's own, in no other language; that its jobs log in at all is the server's word. */
function loginLacking({ job, sight, scheduler }: JobLook, evidence: JobEvidence): readonly CheckFix[] | null {
  if (job.run?.message !== 'connection failed' || sight.ownProcesses === true) return null
  const own = 'ALTER SYSTEM SET cron.use_background_workers = on'
  return [
    onDatabase(cronDatabase(scheduler, evidence), own, SUPERUSER, RESTART),
    advice(
      `restart the server; or let ${job.user} connect from the server to itself without a password (pg_hba.conf, .pgpass)`,
    ),
  ]
}

function read({ job, scheduler }: JobLook, evidence: JobEvidence): CheckFix {
  const look = `SELECT return_message FROM cron.job_run_details WHERE jobid = ${job.id} ORDER BY runid DESC LIMIT 1`
  return onDatabase(cronDatabase(scheduler, evidence), look, JOB_OWNER, 'it is a look')
}

function inTable(job: Job, run: string): CheckFix {
  return onDatabase(job.database, run, "the table's owner or a superuser")
}
