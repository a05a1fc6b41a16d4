import { inDatabase } from '../../../../model/fix.ts'
import { advice, type CheckResult, finding, unseen } from '../../../check.ts'
import type { JobFacts, JobsFacts, RunFacts, SchedulerFacts } from '../../../heartbeat/facts.ts'
import { automatic } from '../../../heartbeat/finding.ts'
import { rowOfCommand } from '../../../heartbeat/job-command.ts'
import { factsOfSight } from '../../../heartbeat/scheduler-sight.ts'
import { SUPERUSER } from '../../connect/fix-runner.ts'
import { quoteIdentifier, quoteLiteral } from '../../connect/quoting.ts'
import { settingAtStart } from '../../inspect/setting-fix.ts'
import type { BeatSight } from '../beat-sight.ts'
import { heartbeatTableName } from '../heartbeat-table.ts'
import type { Job, JobRun } from './job-evidence.ts'
import { cronDatabase } from './job-fixes.ts'
import { longestGapMs } from './pg-cron-schedule.ts'
import type { Scheduler, SchedulerSight } from './scheduler-evidence.ts'

export function schedulerFacts(sight: SchedulerSight, beat: BeatSight): SchedulerFacts {
  return factsOfSight(sight, 'primary: { url: postgresql://... }', (scheduler) => {
    const { extension, preloaded, isStandby } = scheduler
    const unknown = preloaded === null ? '; whether the server loads it is visible only with pg_read_all_settings' : ''
    const key = beat.config.primary === null ? 'the connection' : '`primary`'
    return {
      replica: isStandby ? { key, primary: 'primary: { url: postgresql://<the primary> }' } : null,
      fault: notLoaded(scheduler, beat) ?? noExtension(scheduler, beat),
      found: `pg_cron ${extension?.version ?? ''} is in the database ${cronDatabase(scheduler, beat)}${unknown}`,
      expected: 'the extension, in the database cron.database_name of the primary',
      jobs: jobsFacts(scheduler, beat),
    }
  })
}

function notLoaded(
  { preloaded, available, extension, settingControl }: Scheduler,
  beat: BeatSight,
): CheckResult | null {
  if (preloaded === null || preloaded.yes) return null
  const database = extension?.database ?? beat.config.connection.database
  const [load] = settingAtStart(settingControl, database, 'shared_preload_libraries', withCron(preloaded.libraries))
  const version = Math.floor(beat.facts.version / 10_000)
  return finding('fail', 'SCHEDULER_NOT_LOADED', {
    found: `shared_preload_libraries = '${preloaded.libraries}'${available ? '' : ', and the server has no files of pg_cron'}`,
    expected: 'a list with pg_cron',
    fix: [
      // A server that is set to load a library that it does not have does not start.
      available && load !== undefined
        ? load
        : advice(
            `install pg_cron on the server (Debian: postgresql-${version}-cron), and run the doctor again before you change a setting`,
          ),
      advice("restart the server; its jobs are in the database cron.database_name, by default 'postgres'"),
    ],
  })
}

/**
 * Each name is quoted separately: one text with commas would be one library. An empty list that was set by ALTER SYSTEM reads `""`, and the
 * server does not start with that.
 */
function withCron(libraries: string): string {
  const names = libraries.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'))
  return [...names.filter((name) => name !== ''), 'pg_cron'].map(quoteLiteral).join(', ')
}

function noExtension({ extension, closed, database, searched, user }: Scheduler, beat: BeatSight): CheckResult | null {
  if (extension !== null) return null
  const role = quoteIdentifier(user)
  if (closed !== null) {
    const found = `the database ${closed.database} cannot be connected to, to search for pg_cron`
    // The cause can be a missing line in pg_hba.conf or a wrong name, which no grant fixes.
    if (closed.error.details['sqlstate'] !== '42501')
      return unseen(`${found}: ${closed.error.message}`, `a login of ${role} to this database`)
    return granted(found, `GRANT CONNECT ON DATABASE ${quoteIdentifier(closed.database)} TO ${role}`, closed.database)
  }
  if (database === null) {
    const found = `pg_cron is in none of ${searched.join(', ')}, and cron.database_name is not visible`
    return granted(found, `GRANT pg_read_all_settings TO ${role}`, beat.config.connection.database)
  }
  return finding('fail', 'SCHEDULER_MISSING', {
    found: `the database ${database}, which is cron.database_name, has no extension pg_cron`,
    expected: 'the extension in this database',
    fix: [automatic(inDatabase('CREATE EXTENSION pg_cron', SUPERUSER, { at: database }))],
  })
}

/** What is not visible because this grant is missing. */
function granted(found: string, grant: string, at: string): CheckResult {
  return unseen(found, grant, [automatic(inDatabase(grant, SUPERUSER, { at }))])
}

function jobsFacts({ extension, jobs, user }: Scheduler, { config }: BeatSight): JobsFacts | null {
  if (extension === null) return null
  const { database } = extension
  if (jobs === null) {
    const grant = `GRANT USAGE ON SCHEMA cron TO ${quoteIdentifier(user)}`
    return {
      seen: false,
      found: 'the user cannot use the schema cron, so the jobs are not visible',
      needs: grant,
      fix: [inDatabase(grant, SUPERUSER, { at: database })],
    }
  }
  const { deleted } = jobs
  return {
    seen: true,
    user,
    noneOfOurs: `no job of ${user} itself updates ${heartbeatTableName(config)}`,
    list: `cron.job in the database ${database}`,
    hides: jobs.all ? null : 'cron.job shows a user only its own rows',
    jobs: jobs.jobs.map((job) => jobFacts(job, config.connection.database)),
    deleted: deleted === null ? null : { ...deleted, name: `job ${deleted.id}` },
    runsShownBy: 'SELECT on the rows of cron.job_run_details',
    scheduleForms: 'five fields, or N seconds',
    runsUnseen: jobs.logsRuns
      ? null
      : { found: 'runs are not logged: cron.log_run = off', needs: 'cron.log_run = on, and a restart of the server' },
  }
}

function jobFacts(job: Job, here: string): JobFacts {
  const { id, database, user, active, schedule, run, rights } = job
  return {
    id,
    name: `job ${id}`,
    elsewhere: database === here ? null : `the database ${database}`,
    user,
    disabled: active ? null : 'is disabled',
    schedule,
    gapMs: longestGapMs(schedule),
    ...rowOfCommand(job.command),
    run: run === null ? null : runFacts(run),
    canUpdate: rights === null ? null : rights.usage && rights.update,
  }
}

function runFacts({ status, message, startedAgoMs }: JobRun): RunFacts {
  return { result: resultOf(status, message), words: safeWords(message), agoMs: startedAgoMs }
}

/** pg_cron logs the command tag of a successful command, which is never translated. */
function resultOf(status: string, message: string): RunFacts['result'] {
  if (status === 'failed') return 'failed'
  if (message === 'UPDATE 0') return 'changed no row'
  return message === 'UPDATE 1' ? 'changed the row' : 'succeeded'
}

/**
 * The part of a run's message that can be shown. The message of a failed statement can contain a row's value. So only its first line is
 * shown, and only if it names nothing but objects and privileges.
 */
export function safeWords(message: string): string {
  const [first = ''] = message.split('\n')
  const named =
    /^(ERROR:\s+)?(permission denied for (table|schema|relation|sequence|database) \S+|(relation|column|schema|role|database) "[^"]*"( of relation "[^"]*")? does not exist|cannot execute \w+ in a read-only transaction|connection failed|job startup timeout|could not .* database "[^"]*"|canceling statement due to \w+ timeout)$/i
  const tag = /^(UPDATE|INSERT 0|DELETE|SELECT) \d+$/
  if (named.test(first) || tag.test(first)) return first
  return 'a message that may contain data, see cron.job_run_details'
}
