import { formatDurationMs } from '../../../model/duration.ts'
import { cronSchedule } from '../../../setup/cron-schedule.ts'
import { advice, type Check, type CheckFix, type CheckResult, instead, spanInWords, unseen, well } from '../../check.ts'
import { heartbeatTableName } from '../beat/heartbeat-table.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { quoteIdentifier, quoteLiteral } from '../connect/quoting.ts'
import { beatStatement, scheduleCall, wordsAs } from '../setup/job-step.ts'
import { pgCronSchedule } from '../setup/schedule.ts'
import type { JobEvidence } from './evidence/evidence.ts'
import type { JobSight } from './evidence/job-evidence.ts'
import type { Scheduler } from './evidence/scheduler-evidence.ts'
import { finding, onDatabase } from './finding.ts'
import { rowOfCommand } from './job-command.ts'
import { jobOf, likelyJob } from './job-look.ts'
import { type RowMoves, rowMoves } from './row-moves.ts'
import { longestGapMs } from './schedule.ts'
import { cronDatabase, schedulerOf } from './scheduler-check.ts'

const MINUTE_MS = 60_000

/** What is to be said when the jobs cannot be seen; null: they can. */
function jobsUnseen(scheduler: Scheduler, evidence: JobEvidence): CheckResult | null {
  if (scheduler.extension === null) return null
  const { database } = scheduler.extension
  const { jobs } = scheduler
  const user = quoteIdentifier(scheduler.user)
  if (jobs === null) {
    const grant = `GRANT USAGE ON SCHEMA cron TO ${user}`
    return unseen('the user cannot use the schema cron, so the jobs are not visible', grant, [
      onDatabase(database, grant, SUPERUSER),
    ])
  }
  if (jobs.all || jobs.jobs.length > 0) return null
  const name = heartbeatTableName(evidence.config)
  const policies = policiesFor(scheduler, database, evidence)
  const moves = rowMoves(evidence)
  const deleted = deletedSince(jobs.deleted, moves)
  // Where the row moves a job of another role does it, and is hidden.
  if (moves.is === 'moving' && deleted === null)
    return unseen(
      `no job of ${scheduler.user} itself updates ${name}, and cron.job shows a user only its own rows`,
      policies.map(({ text }) => text).join('; '),
      policies,
    )
  const manualBecause = 'another role may have the job'
  return finding('fail', 'JOB_MISSING', {
    found:
      deleted ??
      `no job of ${scheduler.user} itself updates ${name}; cron.job shows a user only its own rows, and nothing shows that another job does it: ${moves.words}`,
    expected: `a job that updates ${name}`,
    fix: [
      schedule(evidence, scheduler),
      instead(`if the job of another role is to update the row, let ${scheduler.user} see it`),
      ...policies.map((fix) => ({ ...fix, manualBecause })),
    ],
  })
}

/** Only the rows of the heartbeat: the commands of other jobs are not read. */
function policiesFor({ user }: Scheduler, database: string, { config }: JobEvidence): readonly CheckFix[] {
  const { table } = config.heartbeat.source
  return ['job', 'job_run_details'].map((of) => {
    const run = `CREATE POLICY ${quoteIdentifier(`offbeat_${user}`)} ON cron.${of} FOR SELECT TO ${quoteIdentifier(user)} USING (position(${quoteLiteral(table.toLowerCase())} IN lower(command)) > 0)`
    return onDatabase(database, run, SUPERUSER)
  })
}

/** A run is logged before its change is committed. */
const RUN_MS = 10_000

/** null: no job was deleted, or the row has changed since its last run. */
function deletedSince(deleted: JobSight['deleted'], { is, agoMs }: RowMoves): string | null {
  if (deleted === null || deleted.ranAgoMs === null) return null
  if (is === 'moving' && (agoMs === null || agoMs + RUN_MS < deleted.ranAgoMs)) return null
  return `job ${deleted.id} of ${deleted.user} last ran ${spanInWords(deleted.ranAgoMs)} ago, and was deleted`
}

export const jobCheck: Check<JobEvidence> = {
  id: 'postgresql.job',
  symptom: 3,
  title: 'the job',
  codes: ['JOB_MISSING'],
  look(evidence) {
    const scheduler = schedulerOf(evidence)
    if (scheduler?.extension == null) return null
    const expected = `a job that updates ${heartbeatTableName(evidence.config)}`
    const hidden = jobsUnseen(scheduler, evidence)
    if (hidden !== null) return hidden
    const jobs = scheduler.jobs?.jobs ?? []
    if (jobs.length > 0) return well(`job ${jobs.map(({ id }) => id).join(', ')} exists`, expected)
    const database = scheduler.extension.database
    return finding('fail', 'JOB_MISSING', {
      found: `cron.job in the database ${database} has no job whose command names the heartbeat table`,
      expected,
      fix: [schedule(evidence, scheduler)],
    })
  },
}

/** As the connector's user, which sees its own job alone, where the version lets a superuser choose. */
function schedule(evidence: JobEvidence, scheduler: Scheduler): CheckFix {
  const { config } = evidence
  const home = cronDatabase(scheduler, evidence)
  const every = scheduleFor(evidence, scheduler)
  if (isAtLeast(scheduler, 1, 4)) {
    const words = wordsAs(scheduler.user, config, home, every)
    return onDatabase(home, `SELECT cron.schedule_in_database(${words.join(', ')})`, SUPERUSER)
  }
  const { name, words } = scheduleCall(config, home, every)
  return onDatabase(
    home,
    `SELECT ${name}(${words.join(', ')})`,
    'a user that can update the row: the job runs as its owner',
  )
}

/** As often as the interval asks for and the version knows. */
function scheduleFor({ config }: JobEvidence, scheduler: Scheduler): string {
  const { intervalMs } = config.heartbeat.source
  return knowsSeconds(scheduler) ? pgCronSchedule(intervalMs) : cronSchedule(intervalMs)
}

function knowsSeconds(scheduler: Scheduler): boolean {
  return isAtLeast(scheduler, 1, 5)
}

function isAtLeast({ extension }: Scheduler, wantedMajor: number, wantedMinor: number): boolean {
  const [major = 0, minor = 0] = (extension?.version ?? '').split(/[.-]/).map(Number)
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}

export const jobActiveCheck: Check<JobEvidence> = {
  id: 'postgresql.job-active',
  symptom: 3,
  title: 'the job is enabled',
  codes: ['JOB_DISABLED'],
  look(evidence) {
    const look = jobOf(evidence)
    if (look === null) return null
    const { job, alter } = look
    const expected = 'active'
    if (job.active) return well(`job ${job.id} is active`, expected)
    return finding('fail', 'JOB_DISABLED', {
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
  codes: ['JOB_OTHER_DATABASE'],
  look(evidence) {
    const look = likelyJob(evidence)
    if (look === null) return null
    const { job, alter, scheduler } = look
    const { database } = evidence.config.connection
    const expected = `it runs in the database ${database}`
    if (job.database === database) return well(`job ${job.id} runs there`, expected)
    const row = rowOfCommand(job.command)
    const isOtherRow = row === 'no update' || (row !== null && row.id !== '1')
    const found = `job ${job.id} runs in the database ${job.database}${isOtherRow ? `, and ${rowInWords(row)}` : ''}`
    const manualBecause = `it can be the heartbeat of ${job.database}`
    const change = [
      `database := ${quoteLiteral(database)}`,
      ...(isOtherRow ? [`command := ${quoteLiteral(beatStatement(evidence.config))}`] : []),
      ...(job.active ? [] : ['active := true']),
    ]
    const fix = [
      { ...alter(change.join(', ')), manualBecause },
      instead(`keep it for ${job.database}, and schedule another one`),
      { ...schedule(evidence, scheduler), manualBecause },
    ]
    return finding('fail', 'JOB_OTHER_DATABASE', { found, expected, fix })
  },
}

function rowInWords(row: NonNullable<ReturnType<typeof rowOfCommand>>): string {
  return row === 'no update' ? 'does not update a row by its id' : `updates the row with id = ${row.id}`
}

export const jobRowCheck: Check<JobEvidence> = {
  id: 'postgresql.job-row',
  symptom: 3,
  title: 'the row that the job updates',
  codes: ['JOB_OTHER_ROW'],
  look(evidence) {
    const look = jobOf(evidence)
    if (look === null) return null
    const { job, alter } = look
    const row = rowOfCommand(job.command)
    const expected = 'the row with id = 1'
    if (row === null)
      return unseen(`which row job ${job.id} updates cannot be read from its command`, 'an UPDATE with WHERE id = 1')
    if (row !== 'no update' && row.id === '1') return well(`job ${job.id} updates it`, expected)
    const found = `job ${job.id} ${rowInWords(row)}`
    const fix = [alter(`command := ${quoteLiteral(beatStatement(evidence.config))}`)]
    return finding('fail', 'JOB_OTHER_ROW', { found, expected, fix })
  },
}

export const jobScheduleCheck: Check<JobEvidence> = {
  id: 'postgresql.job-schedule',
  symptom: 3,
  title: 'how often the job runs',
  codes: ['JOB_SCHEDULE'],
  look(evidence) {
    const look = jobOf(evidence)
    if (look === null) return null
    const { job, alter, scheduler } = look
    const { intervalMs } = evidence.config.heartbeat.source
    const gapMs = longestGapMs(job.schedule)
    const expected = `at least every ${formatDurationMs(intervalMs)}, which is heartbeat.source.interval`
    if (gapMs === null)
      return unseen(`the schedule ${job.schedule} of job ${job.id} cannot be parsed`, 'five fields, or N seconds')
    const found = `job ${job.id} runs on ${job.schedule}, at intervals of up to ${formatDurationMs(gapMs)}`
    if (gapMs <= intervalMs) return well(found, expected)
    const status = gapMs > 3 * intervalMs ? 'fail' : 'warn'
    const finest = intervalMs < MINUTE_MS && !knowsSeconds(scheduler)
    const fix = finest
      ? [
          advice(
            `pg_cron ${scheduler.extension?.version ?? ''} supports only whole minutes: in the configuration, heartbeat.source.interval: 1m`,
          ),
        ]
      : [alter(`schedule := ${quoteLiteral(scheduleFor(evidence, scheduler))}`)]
    return finding(status, 'JOB_SCHEDULE', { found, expected, fix })
  },
}
