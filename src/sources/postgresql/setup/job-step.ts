import { forPerson, query } from '../../../model/fix.ts'
import { shellWord } from '../../../model/shell-word.ts'
import { EVERYBODY, manualStepIn, type SqlStep, stepIn } from '../../admin/sql-step.ts'
import type { SetupVariant } from '../../setup.ts'
import { scheduleCall, wordsAs } from '../beat/job/job-statement.ts'
import { needsSeconds, pgCronSchedule } from '../beat/job/pg-cron-schedule.ts'
import type { PostgresqlConfig } from '../config.ts'
import { quoteIdentifier } from '../connect/quoting.ts'
import type { ServiceFacts } from './service.ts'

/**
 * Schedules the pg_cron job on the primary, once per interval. The job must run on the primary; replication carries the heartbeat to the
 * server that is read.
 */
export function jobSteps(config: PostgresqlConfig, variant: SetupVariant, service: ServiceFacts): readonly SqlStep[] {
  const { database } = config.connection
  const home = variant.schedulerDatabase ?? database
  return [
    ...availability(config, home, service),
    stepIn(home)('pg-cron', 'pg_cron runs scheduled statements on the primary.', {
      run: ['CREATE EXTENSION IF NOT EXISTS pg_cron'],
      done: { query: "SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'pg_cron')", params: [] },
    }),
    ...(service.superuser ? [sightOfJob(config, home)] : []),
    jobStep(config, home, service),
    loginStep(config, home, service),
  ]
}

function availability(config: PostgresqlConfig, home: string, service: ServiceFacts): readonly SqlStep[] {
  const step = manualStepIn(home)
  const { intervalMs } = config.heartbeat.source
  const loaded = step('pg-cron-loaded', 'pg_cron is a background process, which the server loads when it starts.', {
    blocks: true,
    fix: service.schedulerSetting,
    done: { query: "SELECT pg_catalog.current_setting('cron.database_name', true) IS NOT NULL", params: [] },
  })
  const lives = step('pg-cron-database', 'pg_cron is in one database of the server; its jobs can run in others.', {
    blocks: true,
    fix: [
      query('SHOW cron.database_name', EVERYBODY),
      forPerson(`if it is not ${home}: add --scheduler-database NAME to offbeat setup`),
    ],
    done: { query: "SELECT pg_catalog.current_setting('cron.database_name', true) = $1", params: [home] },
    evidence: {
      query: "SELECT 'cron.database_name is ' || pg_catalog.current_setting('cron.database_name', true)",
      params: [],
    },
    remedies: {
      query: "SELECT name FROM pg_catalog.current_setting('cron.database_name', true) name WHERE name IS NOT NULL",
      params: [],
      fixOf: (name) => forPerson(`add this to the command: --scheduler-database ${shellWord(name)}`),
      replaces: true,
    },
  })
  if (!needsSeconds(intervalMs)) return [loaded, lives]
  const version = step('pg-cron-version', `${shortest(intervalMs)} Before 1.5 the shortest interval is a minute.`, {
    blocks: true,
    fix: [
      query("SELECT default_version FROM pg_available_extensions WHERE name = 'pg_cron'", EVERYBODY),
      forPerson('if it is below 1.5: update pg_cron, or set heartbeat.source.interval to 1m'),
    ],
    done: { query: VERSION_AT_LEAST_1_5, params: [] },
    evidence: {
      query: "SELECT 'pg_cron ' || default_version FROM pg_catalog.pg_available_extensions WHERE name = 'pg_cron'",
      params: [],
    },
  })
  return [loaded, lives, version]
}

function shortest(intervalMs: number): string {
  return `A heartbeat every ${pgCronSchedule(intervalMs)} needs pg_cron 1.5.`
}

/** The installed version, or else the one that would be installed. */
const VERSION_AT_LEAST_1_5 = `SELECT pg_catalog.string_to_array(pg_catalog.split_part(coalesce(installed_version, default_version), '-', 1), '.')::int[] >= '{1,5}'
  FROM pg_catalog.pg_available_extensions WHERE name = 'pg_cron'`

function sightOfJob(config: PostgresqlConfig, home: string): SqlStep {
  const { user } = config.connection
  return stepIn(home)(
    'job-sight',
    'So that status and doctor can watch the job and its runs; a user sees only its own.',
    {
      run: [`GRANT USAGE ON SCHEMA cron TO ${quoteIdentifier(user)}`],
      done: {
        query: `SELECT EXISTS (SELECT FROM pg_catalog.pg_roles u, pg_catalog.pg_namespace n
        WHERE u.rolname = $1 AND n.nspname = 'cron' AND pg_catalog.has_schema_privilege(u.oid, n.oid, 'USAGE'))`,
        params: [user],
      },
    },
  )
}

function jobStep(config: PostgresqlConfig, home: string, service: ServiceFacts): SqlStep {
  const { database } = config.connection
  const { table } = config.heartbeat.source
  return stepIn(home)(
    'job',
    `${service.superuser ? "As the connector's user: it needs the fewest privileges, and can see the runs. " : ''}Once an interval it changes the row, and replication sends the change to the server that is read.`,
    {
      run: [scheduleStatement(config, home, service)],
      done: {
        query:
          'SELECT EXISTS (SELECT FROM cron.job WHERE active AND database = $1 AND pg_catalog.strpos(command, $2) > 0)',
        params: [database, table],
      },
    },
  )
}

/** Schedules the job as the connector's user if possible: only a superuser can schedule for another user. */
function scheduleStatement(config: PostgresqlConfig, home: string, service: ServiceFacts): string {
  const { user } = config.connection
  const schedule = pgCronSchedule(config.heartbeat.source.intervalMs)
  if (service.superuser) {
    const words = wordsAs(user, config, home, schedule)
    const scheduled = `cron.schedule_in_database(\n    ${words.join(',\n    ')})`
    // Scheduling a job of the same name again does not reactivate it if someone deactivated it.
    return `SELECT cron.alter_job(\n  ${scheduled},\n  active => true)`
  }
  const { name, words } = scheduleCall(config, home, schedule)
  return `SELECT ${name}(\n  ${words.join(',\n  ')})`
}

function loginStep(config: PostgresqlConfig, home: string, service: ServiceFacts): SqlStep {
  const who = service.superuser ? config.connection.user : 'the user that scheduled it'
  return manualStepIn(home)(
    'job-login',
    `pg_cron logs in over the network as ${who}, which needs a line in pg_hba.conf or a .pgpass file; with background workers it needs neither.`,
    {
      optional: true,
      fix: [service.setting('cron.use_background_workers', 'on'), forPerson('then restart the server')],
      done: {
        query: "SELECT pg_catalog.current_setting('cron.use_background_workers', true) = 'on'",
        params: [],
      },
    },
  )
}
