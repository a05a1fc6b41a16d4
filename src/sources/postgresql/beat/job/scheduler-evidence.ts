import { OffbeatError } from '../../../../model/error.ts'
import type { StatementOptions } from '../../../connect/session-life.ts'
import { type SchedulerSight as Sight, sightOfScheduler } from '../../../heartbeat/scheduler-sight.ts'
import type { PostgresqlConfig } from '../../config.ts'
import { connectPostgres, type PostgresConnection } from '../../connect/connection.ts'
import { identityAt } from '../../connect/server-identity.ts'
import type { ServerFacts } from '../../inspect/server-facts.ts'
import { SETTING_CONTROL, type SettingControl, settingControl } from '../../inspect/setting-origin.ts'
import { type JobSight, readDeletedJob, readJobs, withRights } from './job-evidence.ts'

export type SchedulerSight = Sight<Scheduler>

export interface Scheduler {
  /** Our user on the server that was inspected. */
  readonly user: string
  readonly isStandby: boolean
  /** null: we are not allowed to see it. */
  readonly preloaded: { readonly yes: boolean; readonly libraries: string } | null
  /** The server has pg_cron's files, so it could load them. */
  readonly available: boolean
  readonly settingControl: SettingControl
  /** `cron.database_name`; null: we are not allowed to see it. */
  readonly database: string | null
  /** null: the extension is in none of the databases that we searched. */
  readonly extension: { readonly version: string; readonly database: string } | null
  /** The databases that we searched for it. */
  readonly searched: readonly string[]
  /** The database that we are not allowed to connect to. */
  readonly closed: { readonly database: string; readonly error: OffbeatError } | null
  /** null: the extension does not exist, or we have no USAGE on its schema. */
  readonly jobs: JobSight | null
}

/** For `primary`, which may no longer exist. */
const CONNECT_TIMEOUT_MS = 2000

/** The default of `cron.database_name`. */
const USUAL_DATABASE = 'postgres'

/** Only reads. */
export async function inspectScheduler(
  config: PostgresqlConfig,
  facts: ServerFacts,
  source: string,
  signal: AbortSignal,
): Promise<SchedulerSight> {
  return await sightOfScheduler(config, {
    isReplica: facts.standby,
    identity: (at) => identityAt(at, source, signal, CONNECT_TIMEOUT_MS),
    read: (at) => readScheduler(at, source, signal),
  })
}

async function readScheduler(config: PostgresqlConfig, source: string, signal: AbortSignal): Promise<Scheduler> {
  await using connection = await connectPostgres(config, { source, use: 'inspect', signal })
  const options = { signal }
  const [server] = await connection.query(
    `SELECT current_user::text AS name, pg_is_in_recovery()::text AS standby, current_database()::text AS database,
       (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'shared_preload_libraries') AS libraries,
       ${SETTING_CONTROL},
       EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'pg_cron')::text AS available,
       (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'cron.database_name') AS cron_database`,
    [],
    options,
  )
  const here = server?.['database'] ?? ''
  const libraries = server?.['libraries'] ?? null
  const cron = server?.['cron_database'] ?? null
  const common = {
    user: server?.['name'] ?? '',
    isStandby: server?.['standby'] === 'true',
    preloaded: libraries === null ? null : { yes: /(^|[\s,/"])pg_cron\b/.test(libraries), libraries },
    available: server?.['available'] === 'true',
    settingControl: settingControl(server),
    database: cron,
  }
  const search = async () => {
    if (await hasExtension(connection, options)) return await inside(connection, config, here, options)
    const other = cron ?? USUAL_DATABASE
    return other === here ? nowhere([here]) : await elsewhere(config, other, here, source, signal)
  }
  const found = await search()
  return { ...common, ...found, jobs: await withRights(found.jobs, connection, config, options) }
}

type Found = Pick<Scheduler, 'extension' | 'searched' | 'closed' | 'jobs'>

function nowhere(searched: readonly string[]): Found {
  return { extension: null, searched, closed: null, jobs: null }
}

async function elsewhere(
  config: PostgresqlConfig,
  database: string,
  here: string,
  source: string,
  signal: AbortSignal,
): Promise<Found> {
  const there = { ...config, connection: { ...config.connection, database } }
  try {
    await using connection = await connectPostgres(there, { source, use: 'inspect', signal })
    if (!(await hasExtension(connection, { signal }))) return nowhere([here, database])
    return await inside(connection, config, database, { signal })
  } catch (error) {
    if (!(error instanceof OffbeatError) || error.kind === 'transient' || error.kind === 'unknown') throw error
    return { ...nowhere([here]), closed: { database, error } }
  }
}

async function hasExtension(connection: PostgresConnection, options: StatementOptions): Promise<boolean> {
  const rows = await connection.query("SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'pg_cron'", [], options)
  return rows.length > 0
}

async function inside(
  connection: PostgresConnection,
  config: PostgresqlConfig,
  database: string,
  options: StatementOptions,
): Promise<Found> {
  const [row] = await connection.query(
    `SELECT e.extversion AS version, has_schema_privilege('cron', 'USAGE')::text AS usage,
       (r.rolsuper OR r.rolbypassrls OR EXISTS (SELECT FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
         WHERE c.relnamespace = 'cron'::regnamespace AND c.relname = 'job' AND p.polname <> 'cron_job_policy'
           AND (p.polroles = '{0}' OR EXISTS (SELECT FROM unnest(p.polroles) m WHERE pg_has_role(m, 'USAGE')))))::text AS all_rows,
       coalesce((SELECT setting FROM pg_catalog.pg_settings WHERE name = 'cron.log_run'), 'on') AS log_run,
       (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'cron.use_background_workers') AS own_processes
     FROM pg_catalog.pg_extension e, pg_catalog.pg_roles r WHERE e.extname = 'pg_cron' AND r.rolname = current_user`,
    [],
    options,
  )
  const extension = { version: row?.['version'] ?? '', database }
  const found = { extension, searched: [database], closed: null }
  if (row?.['usage'] !== 'true') return { ...found, jobs: null }
  const jobs = await readJobs(connection, config, options)
  const own = row['own_processes'] ?? null
  const ownProcesses = own === null ? null : own === 'on'
  const deleted = jobs.length > 0 ? null : await readDeletedJob(connection, config, options)
  const sight = { all: row['all_rows'] === 'true', logsRuns: row['log_run'] === 'on', ownProcesses, jobs, deleted }
  return { ...found, jobs: sight }
}
