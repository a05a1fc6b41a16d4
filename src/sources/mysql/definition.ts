import type { ZodType } from 'zod'
import { type Fix, forPerson } from '../../model/fix.ts'
import type { PositionCodec } from '../../model/position.ts'
import { OUTSIDE_JOB_FIX } from '../heartbeat/outside-job-fix.ts'
import type { SourceDefinition } from '../source.ts'
import type { SourceDefaults } from '../source-schema.ts'
import { heartbeatTableName } from './beat/heartbeat-table.ts'
import { jobFix } from './beat/job/job-fixes.ts'
import {
  MARIADB_DEFAULTS,
  MYSQL_DEFAULTS,
  type MysqlConfig,
  type MysqlKind,
  mariadbConfig,
  mysqlConfig,
} from './config.ts'
import { mysqlScript } from './connect/mysql-script.ts'
import { TITLES } from './connect/server-version.ts'
import { raiseLimit } from './inspect/raise-limit.ts'
import { parseLogFile } from './position/log-file.ts'
import { MARIADB_POSITIONS, MYSQL_POSITIONS } from './position/position.ts'
import { SERVICES } from './setup/service.ts'
import { setupPlan } from './setup/setup-plan.ts'

function unseenFix(config: MysqlConfig): readonly Fix[] {
  const { mode, by } = config.heartbeat.source
  const table = heartbeatTableName(config)
  const behind = forPerson(
    `check that sessions write ${table} to the log (sql_log_bin), that a replica that is read logs what it applies, and whether the stream is behind: \`offbeat doctor\` reports it`,
  )
  if (mode !== 'job') return [behind]
  if (by === 'external') return [OUTSIDE_JOB_FIX]
  return [...jobFix(config), behind]
}

function definitionOf<Kind extends MysqlKind>(
  kind: Kind,
  about: {
    readonly config: ZodType<MysqlConfig>
    readonly defaults: SourceDefaults
    readonly positions: PositionCodec
  },
) {
  return {
    kind,
    ...about,
    facts: {
      title: TITLES[kind],
      heartbeatTable: 'streamkap_heartbeat',
      where: 'database streamkap',
      stream: 'a binary log stream',
      readOnlyForm: 'yes',
      scheduler: `${TITLES[kind]} Event Scheduler`,
    },
    positionFields: ['gtid', 'file', 'pos', 'row'],
    transactionIds: 'text',
    // Without GTIDs there is one server, whose files are numbered.
    sequenceOf: ([, file, pos]) => [String(parseLogFile(String(file))?.ordinal ?? 0), String(pos ?? 0)],
    script: mysqlScript(kind),
    unseenFix,
    raiseLimit: (name, value) => raiseLimit(kind, name, value),
    probe: async (config, context, signal) => (await import('./inspect/probe.ts')).openProbe(config, context, signal),
    reader: async (config, context, signal) => (await import('./read/reader.ts')).openReader(config, context, signal),
    rawReader: async (config, context, tap, signal) =>
      (await import('./read/reader.ts')).openReader(config, context, signal, tap),
    setup: { services: SERVICES[kind], hasAccountHosts: true, plan: setupPlan },
    checkup: async () => (await import('./checks/checkup.ts')).mysqlCheckup(kind),
    survey: async (config, context, signal) =>
      (await import('./inspect/survey.ts')).surveyServer(config, context, signal),
    admin: async (config, url, context, signal) =>
      (await import('./admin/admin-session.ts')).openAdminSession(config, url, context, signal),
  } satisfies SourceDefinition<MysqlConfig>
}

export const MYSQL = definitionOf('mysql', {
  config: mysqlConfig,
  defaults: MYSQL_DEFAULTS,
  positions: MYSQL_POSITIONS,
})

export const MARIADB = definitionOf('mariadb', {
  config: mariadbConfig,
  defaults: MARIADB_DEFAULTS,
  positions: MARIADB_POSITIONS,
})
