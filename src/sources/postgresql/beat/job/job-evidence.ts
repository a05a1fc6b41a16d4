import type { StatementOptions } from '../../../connect/session-life.ts'
import { numberOf, type TextRow, text } from '../../../connect/text-row.ts'
import type { PostgresqlConfig } from '../../config.ts'
import type { PostgresConnection } from '../../connect/connection.ts'
import { quoteLiteral } from '../../connect/quoting.ts'

export interface JobSight {
  /** false: row-level security may hide jobs from us. */
  readonly all: boolean
  readonly logsRuns: boolean
  /** Jobs run in the server's own background processes, and so need no login; null: we are not allowed to see it. */
  readonly ownProcesses: boolean | null
  /** The jobs whose command names the heartbeat table. */
  readonly jobs: readonly Job[]
  /** A job whose last run is logged but that no longer exists; null: there is none that we are allowed to see. */
  readonly deleted: { readonly id: string; readonly user: string; readonly ranAgoMs: number | null } | null
}

export interface Job {
  readonly id: string
  readonly schedule: string
  readonly command: string
  readonly database: string
  readonly user: string
  readonly active: boolean
  /** The newest run; null: none is logged. */
  readonly run: JobRun | null
  /** The owner's privileges on the row; null: the job runs in another database than ours, or the table or the owner does not exist. */
  readonly rights: JobRights | null
}

export interface JobRights {
  /** USAGE on the schema. */
  readonly usage: boolean
  /** UPDATE of `last_update`, found by `id`. */
  readonly update: boolean
}

export interface JobRun {
  readonly status: string
  /** The server's message. It can contain data, so pass it through `safeWords` first. */
  readonly message: string
  readonly startedAgoMs: number | null
}

export async function readJobs(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  options: StatementOptions,
): Promise<readonly Job[]> {
  const rows = await connection.query(
    `SELECT jobid::text AS id, schedule, command, database, username, active::text FROM cron.job
     WHERE position(lower(${quoteLiteral(config.heartbeat.source.table)}) IN lower(command)) > 0 ORDER BY jobid`,
    [],
    options,
  )
  const jobs: Job[] = []
  for (const row of rows) jobs.push(jobOf(row, await lastRun(connection, text(row, 'id'), options)))
  return jobs
}

/** Finds a deleted job by its newest run. */
export async function readDeletedJob(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  options: StatementOptions,
): Promise<JobSight['deleted']> {
  const [row] = await connection.query(
    `SELECT jobid::text AS id, username::text AS user,
       round(extract(epoch FROM clock_timestamp() - start_time) * 1000)::bigint::text AS age
     FROM (SELECT * FROM cron.job_run_details ORDER BY runid DESC LIMIT 10000) r
     WHERE position(lower(${quoteLiteral(config.heartbeat.source.table)}) IN lower(command)) > 0
       AND database = ${quoteLiteral(config.connection.database)} AND NOT EXISTS (SELECT FROM cron.job j WHERE j.jobid = r.jobid)
     ORDER BY runid DESC LIMIT 1`,
    [],
    options,
  )
  if (row === undefined) return null
  return { id: text(row, 'id'), user: text(row, 'user'), ranAgoMs: numberOf(row, 'age') }
}

function jobOf(row: TextRow, run: JobRun | null): Job {
  return {
    id: text(row, 'id'),
    schedule: text(row, 'schedule'),
    command: text(row, 'command'),
    database: text(row, 'database'),
    user: text(row, 'username'),
    active: row['active'] === 'true',
    run,
    rights: null,
  }
}

/** The table can be large, and its only index is on the run's number. */
async function lastRun(connection: PostgresConnection, job: string, options: StatementOptions): Promise<JobRun | null> {
  const [row] = await connection.query(
    `SELECT status, return_message AS message,
       round(extract(epoch FROM clock_timestamp() - start_time) * 1000)::bigint::text AS age
     FROM (SELECT * FROM cron.job_run_details ORDER BY runid DESC LIMIT 10000) r
     WHERE jobid = ${job} AND status IN ('succeeded', 'failed') ORDER BY runid DESC LIMIT 1`,
    [],
    options,
  )
  if (row === undefined) return null
  return { status: row['status'] ?? '', message: row['message'] ?? '', startedAgoMs: numberOf(row, 'age') }
}

/** The privileges are in the captured database; the jobs may be in another. */
export async function withRights(
  sight: JobSight | null,
  connection: PostgresConnection,
  config: PostgresqlConfig,
  options: StatementOptions,
): Promise<JobSight | null> {
  if (sight === null) return null
  const jobs: Job[] = []
  for (const job of sight.jobs) {
    const isHere = job.database === config.connection.database
    jobs.push(isHere ? { ...job, rights: await rightsOf(job.user, connection, config, options) } : job)
  }
  return { ...sight, jobs }
}

async function rightsOf(
  user: string,
  connection: PostgresConnection,
  config: PostgresqlConfig,
  options: StatementOptions,
): Promise<JobRights | null> {
  const { schema, table } = config.heartbeat.source
  const may = (column: string, privilege: string) =>
    `coalesce((SELECT has_column_privilege(r.oid, c.oid, attnum, '${privilege}') FROM pg_catalog.pg_attribute
       WHERE attrelid = c.oid AND attname = '${column}' AND NOT attisdropped), false)`
  const [row] = await connection.query(
    `SELECT has_schema_privilege(r.oid, n.oid, 'USAGE')::text AS usage,
       (${may('last_update', 'UPDATE')} AND ${may('id', 'SELECT')})::text AS update
     FROM pg_catalog.pg_roles r, pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE r.rolname = ${quoteLiteral(user)} AND n.nspname = ${quoteLiteral(schema)} AND c.relname = ${quoteLiteral(table)}`,
    [],
    options,
  )
  return row === undefined ? null : { usage: row['usage'] === 'true', update: row['update'] === 'true' }
}
