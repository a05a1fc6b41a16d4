import { forPerson } from '../../../model/fix.ts'
import { beatForms, clientForms, outsideBeat } from '../../../setup/outside-form.ts'
import { formOf, inForm, outsideJobNote, SOURCE_OFF } from '../../../setup/setup-form.ts'
import { manualStepIn, type SqlStep } from '../../admin/sql-step.ts'
import { usesTable } from '../../heartbeat/finding.ts'
import type { OutsideJob, SetupPlan, SetupVariant } from '../../setup.ts'
import type { TlsConfig } from '../../source-config.ts'
import { beatStatement } from '../beat/job/event-statement.ts'
import { MYSQL_DEFAULTS, type MysqlConfig, type MysqlKind } from '../config.ts'
import { clientWords } from '../connect/mysql-target.ts'
import { canWrite } from '../connect/read-only.ts'
import { caseSteps, heartbeatSteps } from './heartbeat-step.ts'
import { jobSteps } from './job-step.ts'
import { optionFileStep } from './option-file-step.ts'
import { replicaSteps } from './replica-step.ts'
import { retentionSightSteps } from './retention-step.ts'
import { type ServiceFacts, serviceFacts } from './service.ts'
import { settingSteps, versionSteps } from './setting-step.ts'
import { sightStep } from './sight-step.ts'
import { accountOf, tlsSteps, userSteps } from './user-step.ts'
import { namesStep, readSteps } from './watched-step.ts'

const manual = manualStepIn(null)

/** What the server needs for this configuration. */
export function setupPlan(configured: MysqlConfig, variant: SetupVariant): SetupPlan {
  const config = inForm(configured, variant, MYSQL_DEFAULTS.heartbeat)
  const service = serviceFacts(config.kind, variant.service)
  const account = accountOf(config, variant)
  const { mode, by } = config.heartbeat.source
  const names = namesStep(config)
  const steps = [
    primaryStep(),
    ...versionSteps(config, service),
    ...caseSteps(config),
    ...(names === null ? [] : [names]),
    ...tlsSteps(config),
    ...settingSteps(config, service),
    ...replicaSteps(config),
    ...userSteps(config, variant),
    ...retentionSightSteps(account, service),
    ...(usesTable(config.heartbeat.source)
      ? heartbeatSteps(config, account, mode === 'table' ? 'connector' : 'job')
      : []),
    // The database of the heartbeat table is one of all databases.
    ...readSteps(config, account),
    ...(by === 'database' ? jobSteps(config, account, service) : []),
    ...optionFileStep(config, service, by === 'database'),
    sightStep(config, account, variant),
  ]
  return {
    form: formOf(config, MYSQL_DEFAULTS.words),
    steps,
    notes: notesOf(config, service, configured),
    outside: mode === 'job' ? outsideJobs(config, variant) : [],
  }
}

function primaryStep(): SqlStep {
  return manual('primary', 'A replica is not changed; replication brings the changes there.', {
    blocks: true,
    fix: [forPerson('run all of it on the primary')],
    done: { query: `SELECT ${canWrite()}`, params: [] },
    evidence: ['the URL of the administrator leads to a server with read_only'],
  })
}

function notesOf(
  { tables, exclude, heartbeat, readOnly }: MysqlConfig,
  service: ServiceFacts,
  configured: MysqlConfig,
): readonly string[] {
  const { mode, by } = heartbeat.source
  return [
    ...service.notes,
    ...(tables.length === 0 && exclude.length === 0 ? [ALL_TABLES] : []),
    ...(mode === 'off' ? [SOURCE_OFF] : []),
    ...(readOnly && !configured.readOnly ? [READ_ONLY] : []),
    ...(readOnly && configured.primary === null ? [PRIMARY] : []),
    ...(by === 'database' && !service.namesDefiner ? [JOB_DEFINER] : []),
    ...(by === 'external' ? [outsideJobNote(['crontab', 'cronjob'])] : []),
  ]
}

const ALL_TABLES =
  'The source watches all tables. The grants are for each database, since a grant on the whole server would also let the user read the password hashes in the database mysql.'
const READ_ONLY = 'In the source set `readOnly: true`.'
const PRIMARY = 'If the source is a replica, set `primary` in it, where its user can check the event.'
const JOB_DEFINER =
  'The event runs as the user that creates it. If this user is dropped, or loses EVENT or UPDATE on the table, the heartbeats end.'

function outsideJobs(config: MysqlConfig, variant: SetupVariant): readonly OutsideJob[] {
  const beat = outsideBeat(variant, config.heartbeat.source.intervalMs)
  if (config.heartbeat.source.by === 'external') return beatForms(beat)
  const { user, tls, hosts } = config.primary ?? config.connection
  const [{ host, port } = { host: '', port: null }] = hosts
  const at = { host: config.primary === null ? '<primary>' : host, port, user, tls: tls.mode }
  return clientForms({
    ...beat,
    command: [
      ...clientWords(config.kind, at),
      ...publicKeyWords(config, tls),
      '--batch',
      `--execute=${beatStatement(config)}`,
    ],
    image: IMAGE[config.kind],
    password: { of: user, variable: 'MYSQL_PWD', file: '~/.my.cnf' },
  })
}

/** Without TLS, MySQL's client also needs the server's public key for a password that is not in the server's cache. */
function publicKeyWords({ kind, allowPublicKeyRetrieval }: MysqlConfig, { mode }: TlsConfig): readonly string[] {
  return kind === 'mysql' && mode === 'disable' && allowPublicKeyRetrieval ? ['--get-server-public-key'] : []
}

const IMAGE: Readonly<Record<MysqlKind, string>> = { mysql: 'mysql:9', mariadb: 'mariadb:11.8' }
