import { forPerson } from '../../../model/fix.ts'
import { beatForms, clientForms, outsideBeat } from '../../../setup/outside-form.ts'
import { formOf, inForm, outsideJobNote, SOURCE_OFF } from '../../../setup/setup-form.ts'
import { watchedTables } from '../../../setup/watched-tables.ts'
import { manualStepIn, type SqlStep, stepIn } from '../../admin/sql-step.ts'
import { usesTable } from '../../heartbeat/finding.ts'
import type { OutsideJob, SetupPlan, SetupVariant } from '../../setup.ts'
import { beatStatement } from '../beat/job/job-statement.ts'
import { POSTGRESQL_DEFAULTS, type PostgresqlConfig } from '../config.ts'
import { poolersByName } from '../connect/pooler.ts'
import { conninfo } from '../connect/postgresql-target.ts'
import { quoteIdentifier } from '../connect/quoting.ts'
import { slotNameFor } from '../resume/slot-name.ts'
import { HEARTBEAT_PUBLISHED, heartbeatSteps } from './heartbeat-step.ts'
import { jobSteps } from './job-step.ts'
import { publicationSteps, publishStep } from './publication-step.ts'
import { SERVICE_FACTS, SERVICES, type ServiceFacts } from './service.ts'
import { settingSteps } from './setting-step.ts'
import { userSteps } from './user-step.ts'
import { CATALOG_NAMES, type Watched } from './watched-sql.ts'
import { identityStep, namesStep, readSteps } from './watched-step.ts'

/** What the database needs for this configuration. An unknown service is treated as a self-managed server. */
export function setupPlan(configured: PostgresqlConfig, variant: SetupVariant): SetupPlan {
  const config = inForm(configured, variant, POSTGRESQL_DEFAULTS.heartbeat)
  const service = SERVICE_FACTS[SERVICES.find((one) => one === variant.service) ?? 'self-managed']
  const watched = watchedTables(config, CATALOG_NAMES)
  const names = namesStep(config)
  const steps = [
    primaryStep(config),
    ...(names === null ? [] : [names]),
    ...settingSteps(config, service),
    ...userSteps(config, service),
    ...readSteps(config, watched),
    ...layer2Steps(config),
    identityStep(config, watched),
    ...publicationSteps(config, watched),
    ...publishedHeartbeat(config, watched),
    ...(config.heartbeat.source.by === 'database' ? jobSteps(config, variant, service) : []),
    sightStep(config, variant),
    ...slotSteps(config),
  ]
  return {
    form: formOf(config, POSTGRESQL_DEFAULTS.words),
    steps: steps.filter(({ id }, i) => steps.findIndex((step) => step.id === id) === i),
    notes: notesOf(config, watched, service),
    outside: config.heartbeat.source.mode === 'job' ? outsideJobs(config, variant) : [],
  }
}

function primaryStep({ connection }: PostgresqlConfig): SqlStep {
  return manualStepIn(connection.database)(
    'primary',
    'A standby cannot be changed; replication brings the changes there.',
    {
      blocks: true,
      fix: [forPerson('run all of it on the primary')],
      done: { query: 'SELECT NOT pg_catalog.pg_is_in_recovery()', params: [] },
      evidence: ['the URL of the administrator leads to a standby'],
    },
  )
}

function layer2Steps(config: PostgresqlConfig): readonly SqlStep[] {
  const { mode } = config.heartbeat.source
  if (mode === 'table') return heartbeatSteps(config, 'connector')
  return mode === 'job' ? heartbeatSteps(config, 'job') : []
}

function publishedHeartbeat(config: PostgresqlConfig, watched: Watched): readonly SqlStep[] {
  const { schema, table } = config.heartbeat.source
  if (!usesTable(config.heartbeat.source)) return []
  const step = publishStep(config, { schema, name: table }, HEARTBEAT_PUBLISHED)
  const onlyWhere = 'the publication already existed, and lists its tables'
  return [{ ...step, id: 'heartbeat-published', ...(watched.by === 'all' ? { onlyWhere } : {}) }]
}

function sightStep({ connection }: PostgresqlConfig, variant: SetupVariant): SqlStep {
  const { user, database } = connection
  return stepIn(database)('sight', SIGHT, {
    ...(variant.monitoring ? {} : { optional: true }),
    run: [`GRANT pg_monitor TO ${quoteIdentifier(user)}`],
    done: {
      query: `SELECT EXISTS (SELECT FROM pg_catalog.pg_roles u WHERE u.rolname = $1 AND pg_catalog.pg_has_role(u.oid, 'pg_monitor', 'USAGE'))`,
      params: [user],
    },
  })
}

const SIGHT =
  'Optional: better diagnostics (`setup --with-monitoring` grants it). With pg_monitor, `status` and `doctor` see the size of the log on disk and which session retains it. It also shows the running queries of all users to the user; without it those figures are unknown.'

const OWN_SLOT = "s.database = current_database() AND s.plugin = 'pgoutput' AND NOT s.temporary"

/** Checks whether another application or database already has a slot of our name. Setup does not create the slot. */
function slotSteps({ connection, slot }: PostgresqlConfig): readonly SqlStep[] {
  const step = manualStepIn(connection.database)
  const named = 'FROM pg_catalog.pg_replication_slots s WHERE s.slot_name = $1'
  return [
    step('slot-name', 'A replication slot belongs to one database and one connector.', {
      blocks: true,
      onlyWhere: 'the slot belongs to another database or application',
      fix: [forPerson(`give the source its own slot: \`slot: ${slotNameFor(connection.database)}\``)],
      done: { query: `SELECT NOT EXISTS (SELECT ${named} AND (${OWN_SLOT}) IS NOT TRUE)`, params: [slot] },
      evidence: {
        query: `SELECT pg_catalog.format('the slot %s is %s', s.slot_name, CASE WHEN s.plugin IS NULL THEN 'a physical one'
          WHEN s.database <> current_database() THEN 'of the database ' || s.database
          WHEN s.temporary THEN 'the temporary one of a session' ELSE 'read with the plugin ' || s.plugin END) ${named}`,
        params: [slot],
      },
    }),
    step(
      'slot',
      'The first `offbeat run` creates the replication slot, not `setup`: from then on the server retains its log for the connector, and a slot that is not read fills the disk.',
      {
        by: 'run',
        fix: [forPerson(`the slot will be ${slot}`)],
        done: { query: `SELECT EXISTS (SELECT ${named} AND ${OWN_SLOT})`, params: [slot] },
      },
    ),
  ]
}

function notesOf(config: PostgresqlConfig, watched: Watched, service: ServiceFacts): readonly string[] {
  const { mode, by } = config.heartbeat.source
  return [
    ...poolersByName(config.connection.hosts),
    ...service.notes,
    ...(watched.by === 'all' ? [ALL_TABLES] : []),
    ...(mode === 'message' ? [MESSAGE] : []),
    ...(mode === 'off' ? [SOURCE_OFF] : []),
    ...(config.readOnly ? [READ_ONLY] : []),
    ...(by === 'database' && !service.superuser ? [JOB_OWNER] : []),
    ...(by === 'external' ? [outsideJobNote(['crontab', 'cronjob'])] : []),
  ]
}

const ALL_TABLES =
  'A publication of all tables needs a superuser, and every table created later is in it too: on one without a primary key UPDATE and DELETE are then refused. Name `tables` in the source to avoid both.'
const MESSAGE = 'Heartbeats by logical message need no table and no grant: every user can call pg_logical_emit_message.'
const READ_ONLY =
  'In the source set `readOnly: true`, and, if the source is a standby, `primary`, where its user can check the job.'
const JOB_OWNER =
  "The job belongs to the user that schedules it, and pg_cron shows a user only its own jobs. So that the connector can watch it, schedule it as the connector's user, which needs USAGE on the schema cron, and EXECUTE on cron.schedule_in_database where pg_cron is in another database."

function outsideJobs(config: PostgresqlConfig, variant: SetupVariant): readonly OutsideJob[] {
  const beat = outsideBeat(variant, config.heartbeat.source.intervalMs)
  if (config.heartbeat.source.by === 'external') return beatForms(beat)
  const at = config.primary ?? {
    ...config.connection,
    hosts: [{ host: '<primary>', port: config.connection.hosts[0]?.port ?? 5432 }],
  }
  return clientForms({
    ...beat,
    command: ['psql', conninfo(at), '-qXc', beatStatement(config)],
    image: 'postgres:18',
    password: { of: at.user, variable: 'PGPASSWORD', file: '~/.pgpass' },
  })
}
