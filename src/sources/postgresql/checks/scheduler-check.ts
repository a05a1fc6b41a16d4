import { advice, type Check, type CheckResult, configure, unseen, well } from '../../check.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { quoteIdentifier, quoteLiteral } from '../connect/quoting.ts'
import type { JobEvidence } from './evidence/evidence.ts'
import type { Scheduler } from './evidence/scheduler-evidence.ts'
import { finding, onDatabase, settingAtStart } from './finding.ts'

export function schedulerOf({ scheduler }: JobEvidence): Scheduler | null {
  return scheduler?.seen === 'scheduler' ? scheduler.scheduler : null
}

/** Where pg_cron keeps its jobs, as far as is known. */
export function cronDatabase(scheduler: Scheduler, evidence: JobEvidence): string {
  return scheduler.extension?.database ?? scheduler.database ?? evidence.config.connection.database
}

export const schedulerCheck: Check<JobEvidence> = {
  id: 'postgresql.scheduler',
  symptom: 3,
  title: 'pg_cron on the primary',
  codes: ['PRIMARY_IS_STANDBY', 'SCHEDULER_NOT_LOADED', 'SCHEDULER_MISSING', 'PRIMARY_ELSEWHERE'],
  look(evidence) {
    const sight = evidence.scheduler
    if (sight === null) return null
    if (sight.seen === 'nothing') {
      if (sight.because === 'error')
        return unseen(
          `the primary could not be checked: ${sight.error.message}`,
          'a connection as configured in `primary`',
        )
      const needs = 'primary: { url: postgresql://... } in the configuration, with a user that can check the job'
      return unseen('this connection is to a standby, and jobs run on the primary', needs)
    }
    const { scheduler } = sight
    if (scheduler.isStandby) return primaryIsStandby(evidence)
    return (
      notLoaded(scheduler, evidence) ??
      noExtension(scheduler, evidence) ??
      elsewhere(scheduler) ??
      schedulerWell(scheduler, evidence)
    )
  },
}

function primaryIsStandby({ config }: JobEvidence): CheckResult {
  const key = config.primary === null ? 'the connection' : '`primary`'
  return finding('fail', 'PRIMARY_IS_STANDBY', {
    found: `${key} is to a standby, where jobs do not run`,
    expected: 'the primary in `primary`',
    fix: [configure('primary: { url: postgresql://<the primary> }')],
  })
}

function elsewhere({ primaryElsewhere }: Scheduler): CheckResult | null {
  if (primaryElsewhere === null) return null
  return finding('warn', 'PRIMARY_ELSEWHERE', {
    found: `the server that is read is not a standby, and \`primary\` ${primaryElsewhere}; the job was searched on the server that is read`,
    expected: 'the server that is read, or no `primary`',
    fix: [
      advice(
        'remove `primary` from the configuration; or, to read a standby again, set it to the primary of that standby',
      ),
    ],
  })
}

function notLoaded({ preloaded, available, extension, places }: Scheduler, evidence: JobEvidence): CheckResult | null {
  if (preloaded === null || preloaded.yes) return null
  const database = extension?.database ?? evidence.config.connection.database
  const [load] = settingAtStart(places, database, 'shared_preload_libraries', withCron(preloaded.libraries))
  const version = Math.floor(evidence.facts.version / 10_000)
  return finding('fail', 'SCHEDULER_NOT_LOADED', {
    found: `shared_preload_libraries = '${preloaded.libraries}'${available ? '' : ', and the server has no files of pg_cron'}`,
    expected: 'a list with pg_cron',
    fix: [
      // A server that is told to load what it does not have does not start.
      available && load !== undefined
        ? load
        : advice(
            `install pg_cron on the server (Debian: postgresql-${version}-cron), and run the doctor again before you change a setting`,
          ),
      advice("restart the server; its jobs are in the database cron.database_name, by default 'postgres'"),
    ],
  })
}

/** Name by name: one text with commas would be one library. An empty list that was set by ALTER SYSTEM reads `""`, which no server starts with. */
function withCron(libraries: string): string {
  const names = libraries.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'))
  return [...names.filter((name) => name !== ''), 'pg_cron'].map(quoteLiteral).join(', ')
}

function noExtension(scheduler: Scheduler, evidence: JobEvidence): CheckResult | null {
  const { extension, closed, database, lookedIn } = scheduler
  if (extension !== null) return null
  const user = quoteIdentifier(scheduler.user)
  if (closed !== null) {
    const found = `the database ${closed.database} cannot be connected to, to search for pg_cron`
    // A line missing in pg_hba.conf, or a wrong name: no grant mends those.
    if (closed.error.details['sqlstate'] !== '42501') {
      return unseen(`${found}: ${closed.error.message}`, `a login of ${user} to this database`)
    }
    const grant = `GRANT CONNECT ON DATABASE ${quoteIdentifier(closed.database)} TO ${user}`
    return unseen(found, grant, [onDatabase(closed.database, grant, SUPERUSER)])
  }
  if (database === null) {
    const grant = `GRANT pg_read_all_settings TO ${user}`
    const found = `pg_cron is in none of ${lookedIn.join(', ')}, and cron.database_name is not visible`
    return unseen(found, grant, [onDatabase(evidence.config.connection.database, grant, SUPERUSER)])
  }
  return finding('fail', 'SCHEDULER_MISSING', {
    found: `the database ${database}, which is cron.database_name, has no extension pg_cron`,
    expected: 'the extension in this database',
    fix: [onDatabase(database, 'CREATE EXTENSION pg_cron', SUPERUSER)],
  })
}

function schedulerWell(scheduler: Scheduler, evidence: JobEvidence): CheckResult {
  const { extension, preloaded } = scheduler
  const database = cronDatabase(scheduler, evidence)
  const words = `pg_cron ${extension?.version ?? ''} is in the database ${database}`
  const unknown = preloaded === null ? '; whether the server loads it is visible only with pg_read_all_settings' : ''
  return well(`${words}${unknown}`, 'the extension, in the database cron.database_name of the primary')
}
