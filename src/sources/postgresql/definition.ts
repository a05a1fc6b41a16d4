import type { SourceDefinition } from '../source.ts'
import { type PostgresqlConfig, postgresqlConfig } from './config.ts'
import { quoteIdentifier } from './errors.ts'
import { heartbeatTableName } from './heartbeat-table.ts'
import { raiseLimit } from './limits.ts'
import { LSN_POSITIONS } from './position.ts'
import { SERVICES } from './setup/service.ts'
import { setupPlan } from './setup/setup-plan.ts'

export const POSTGRESQL: SourceDefinition<PostgresqlConfig> = {
  kind: 'postgresql',
  config: postgresqlConfig,
  facts: {
    title: 'PostgreSQL',
    heartbeatTable: 'streamkap_heartbeat',
    where: 'schema streamkap',
    readOnlyForm: 'not in this version',
    scheduler: 'pg_cron, not in this version',
  },
  positions: LSN_POSITIONS,
  placeFields: ['lsn'],
  unseenFix: (config) =>
    `ALTER PUBLICATION ${quoteIdentifier(config.publication)} ADD TABLE ${heartbeatTableName(config)}  -- if it is in already, the stream is behind`,
  raiseLimit,
  probe: async (config, context, signal) => (await import('./probe.ts')).openProbe(config, context, signal),
  reader: async (config, context, signal) => (await import('./reader.ts')).openReader(config, context, signal),
  services: SERVICES,
  setup: setupPlan,
  checkup: async () => (await import('./check/checkup.ts')).POSTGRESQL_CHECKUP,
  survey: async (config, context, signal) => (await import('./survey.ts')).surveyDatabase(config, context, signal),
  admin: async (config, url, context, signal) =>
    (await import('./admin-session.ts')).openAdminSession(config, url, context, signal),
}
