import { type Fix, forPerson, query } from '../../model/fix.ts'
import { OUTSIDE_JOB_FIX } from '../heartbeat/outside-job-fix.ts'
import type { SourceDefinition } from '../source.ts'
import { heartbeatTableName } from './beat/heartbeat-table.ts'
import { jobFix } from './beat/job/job-fixes.ts'
import { POSTGRESQL_DEFAULTS, type PostgresqlConfig, postgresqlConfig } from './config.ts'
import { SUPERUSER } from './connect/fix-runner.ts'
import { PSQL_SCRIPT } from './connect/psql-script.ts'
import { quoteLiteral } from './connect/quoting.ts'
import { raiseLimit } from './inspect/limits.ts'
import { LSN_POSITIONS } from './position.ts'
import { SERVICES } from './setup/service.ts'
import { setupPlan } from './setup/setup-plan.ts'

function unseenFix(config: PostgresqlConfig): readonly Fix[] {
  const table = heartbeatTableName(config)
  switch (config.heartbeat.source.mode) {
    case 'message':
      return [
        query(
          `SELECT active, confirmed_flush_lsn, pg_current_wal_lsn() FROM pg_replication_slots WHERE slot_name = ${quoteLiteral(config.slot)}`,
          SUPERUSER,
          { note: 'a message needs no publication, so the stream is behind' },
        ),
      ]
    case 'job':
      return config.heartbeat.source.by === 'external' ? [OUTSIDE_JOB_FIX] : jobFix(table)
    default:
      return [
        forPerson(
          `check that ${config.publication} publishes updates of ${table}, and all its rows and columns, and whether the stream is behind: \`offbeat doctor\` reports it`,
        ),
      ]
  }
}

export const POSTGRESQL = {
  kind: 'postgresql',
  config: postgresqlConfig,
  defaults: POSTGRESQL_DEFAULTS,
  facts: {
    title: 'PostgreSQL',
    heartbeatTable: 'streamkap_heartbeat',
    where: 'schema streamkap',
    stream: 'a replication connection',
    readOnlyForm: 'yes',
    scheduler: 'pg_cron',
  },
  positions: LSN_POSITIONS,
  positionFields: ['lsn', 'xmin'],
  transactionIds: 'number',
  script: PSQL_SCRIPT,
  unseenFix,
  raiseLimit,
  probe: async (config, context, signal) => (await import('./inspect/probe.ts')).openProbe(config, context, signal),
  reader: async (config, context, signal) => (await import('./read/reader.ts')).openReader(config, context, signal),
  rawReader: async (config, context, tap, signal) =>
    (await import('./read/reader.ts')).openReader(config, context, signal, tap),
  passUnreadable: async (config, context, stretch, signal) =>
    (await import('./read/unreadable.ts')).passUnreadable({ config, context, ...stretch, signal }),
  setup: { services: SERVICES, plan: setupPlan },
  checkup: async () => (await import('./checks/checkup.ts')).POSTGRESQL_CHECKUP,
  survey: async (config, context, signal) =>
    (await import('./inspect/survey.ts')).surveyDatabase(config, context, signal),
  admin: async (config, url, context, signal) =>
    (await import('./admin/admin-session.ts')).openAdminSession(config, url, context, signal),
} satisfies SourceDefinition<PostgresqlConfig>
