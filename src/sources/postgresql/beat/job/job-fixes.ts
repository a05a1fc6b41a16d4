import { cronSchedule } from '../../../../model/cron-schedule.ts'
import { type Fix, forPerson, inDatabase, query } from '../../../../model/fix.ts'
import { type CheckFix, instead, manual, SOMEBODYS } from '../../../check.ts'
import type { JobFacts, JobFixes } from '../../../heartbeat/facts.ts'
import { JOB_OWNER, SUPERUSER, TABLE_OWNER } from '../../connect/fix-runner.ts'
import { quoteIdentifier, quoteLiteral } from '../../connect/quoting.ts'
import { settingAtStart } from '../../inspect/setting-fix.ts'
import type { BeatSight } from '../beat-sight.ts'
import { allowRows, byOwner } from '../heartbeat-obstacle.ts'
import { grantHeartbeat, insertHeartbeatRow } from '../heartbeat-table.ts'
import { beatStatement, scheduleCall, wordsAs } from './job-statement.ts'
import { needsSeconds, pgCronSchedule } from './pg-cron-schedule.ts'
import type { Scheduler } from './scheduler-evidence.ts'

/** pg_cron lets nobody else call the function until EXECUTE on it is granted. */
const MAY_ALTER = "a superuser, or the job's owner with EXECUTE on cron.alter_job"

/** The database where pg_cron stores its jobs, as far as is known. */
export function cronDatabase(scheduler: Scheduler, { config }: Pick<BeatSight, 'config'>): string {
  return scheduler.extension?.database ?? scheduler.database ?? config.connection.database
}

export function jobFixes(scheduler: Scheduler, sight: BeatSight): JobFixes {
  const { config } = sight
  const home = cronDatabase(scheduler, sight)
  const here = config.connection.database
  const alter = ({ id }: JobFacts, ...change: readonly string[]) =>
    inDatabase(`SELECT cron.alter_job(${id}, ${change.join(', ')})`, MAY_ALTER, { at: home })
  const command = `command := ${quoteLiteral(beatStatement(config))}`
  return {
    schedule: () => [schedule(scheduler, sight)],
    show: () => policies(scheduler, sight),
    enable: (job) => alter(job, 'active := true'),
    moveHere: (job) =>
      alter(
        job,
        `database := ${quoteLiteral(here)}`,
        ...(job.row === 'another row' || job.row === 'no row' ? [command] : []),
        ...(job.disabled === null ? [] : ['active := true']),
      ),
    changeRow: (job) => alter(job, command),
    reschedule: (job) =>
      needsSeconds(config.heartbeat.source.intervalMs) && !knowsSeconds(scheduler)
        ? forPerson(
            `pg_cron ${scheduler.extension?.version ?? ''} supports only whole minutes: in the configuration, heartbeat.source.interval: 1m`,
          )
        : alter(job, `schedule := ${quoteLiteral(scheduleFor(scheduler, sight))}`),
    grant: ({ user }) => {
      const usage = `GRANT USAGE ON SCHEMA ${quoteIdentifier(config.heartbeat.source.schema)} TO ${quoteIdentifier(user)}`
      return [usage, grantHeartbeat(config, user, 'job')].map((text) => inDatabase(text, TABLE_OWNER, { at: here }))
    },
    insertRow: () => inDatabase(insertHeartbeatRow(config), TABLE_OWNER, { at: here }),
    explainFailure: (job) => explainFailure(job, scheduler, sight),
    explainSilence: () => [
      query("SELECT pid, backend_start FROM pg_stat_activity WHERE application_name LIKE 'pg_cron%'", 'any user', {
        at: 'postgres',
      }),
      forPerson('no such process: pg_cron is not in shared_preload_libraries, or the server must be restarted'),
    ],
  }
}

/** What to check on the primary when the row does not change. */
export function jobFix(table: string): readonly Fix[] {
  return [
    query(
      'SELECT status, return_message, start_time FROM cron.job_run_details ORDER BY runid DESC LIMIT 5',
      JOB_OWNER,
      {
        at: 'cron.database_name of the primary',
      },
    ),
    forPerson(`the job must run: UPDATE ${table} SET last_update = CURRENT_TIMESTAMP WHERE id = 1`),
  ]
}

/** Only for the heartbeat's rows: the commands of other jobs are not read. */
function policies(scheduler: Scheduler, sight: BeatSight): readonly Fix[] {
  const { user } = scheduler
  const { table } = sight.config.heartbeat.source
  return ['job', 'job_run_details'].map((of) =>
    inDatabase(
      `CREATE POLICY ${quoteIdentifier(`offbeat_${user}`)} ON cron.${of} FOR SELECT TO ${quoteIdentifier(user)} USING (position(${quoteLiteral(table.toLowerCase())} IN lower(command)) > 0)`,
      SUPERUSER,
      { at: cronDatabase(scheduler, sight) },
    ),
  )
}

/** Schedules the job as the connector's user, which sees only its own jobs, if the version lets a superuser choose the user. */
function schedule(scheduler: Scheduler, sight: BeatSight): Fix {
  const { config } = sight
  const home = cronDatabase(scheduler, sight)
  const every = scheduleFor(scheduler, sight)
  if (isAtLeast(scheduler, 1, 4)) {
    const words = wordsAs(scheduler.user, config, home, every)
    return inDatabase(`SELECT cron.schedule_in_database(${words.join(', ')})`, SUPERUSER, { at: home })
  }
  const { name, words } = scheduleCall(config, home, every)
  const by = 'a user that can update the row: the job runs as its owner'
  return inDatabase(`SELECT ${name}(${words.join(', ')})`, by, { at: home })
}

/** The schedule for the interval, as fine as the version supports. */
function scheduleFor(scheduler: Scheduler, { config }: BeatSight): string {
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

function explainFailure(job: JobFacts, scheduler: Scheduler, sight: BeatSight): readonly CheckFix[] {
  return rowKept(job, sight) ?? loginLacking(job, scheduler, sight) ?? [lastMessage(job, scheduler, sight)]
}

/** For a run that changed no row although the row exists. */
function rowKept({ run, user }: JobFacts, { heartbeat, config }: BeatSight): readonly CheckFix[] | null {
  const { obstacles } = heartbeat
  if (run?.result !== 'changed no row' || obstacles === null) return null
  const { suppressors, rowSecurity } = obstacles
  const fixes = [
    ...suppressors.flatMap(({ words, disable }) => [
      forPerson(`${words} can keep the row from being updated`),
      byOwner(config, disable),
    ]),
    ...(rowSecurity.enabled ? allowRows(config, user, rowSecurity) : []),
  ]
  return fixes.length === 0 ? null : fixes.map((fix) => manual(fix, SOMEBODYS))
}

/** pg_cron writes this message itself and does not translate it. Whether its jobs log in at all is known from the server. */
function loginLacking(job: JobFacts, scheduler: Scheduler, sight: BeatSight): readonly CheckFix[] | null {
  if (job.run?.words !== 'connection failed' || scheduler.jobs?.ownProcesses === true) return null
  return [
    ...settingAtStart(scheduler.settingControl, cronDatabase(scheduler, sight), 'cron.use_background_workers', 'on'),
    instead(`let ${job.user} connect from the server to itself without a password (pg_hba.conf, .pgpass)`),
  ]
}

function lastMessage({ id }: JobFacts, scheduler: Scheduler, sight: BeatSight): CheckFix {
  const text = `SELECT return_message FROM cron.job_run_details WHERE jobid = ${id} ORDER BY runid DESC LIMIT 1`
  return manual(query(text, JOB_OWNER, { at: cronDatabase(scheduler, sight) }), '')
}
