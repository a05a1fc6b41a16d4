import { inShell } from '../../model/fix.ts'
import { OUTSIDE_JOB_FIX } from '../heartbeat/outside-job-fix.ts'
import type { SourceDefinition } from '../source.ts'
import { outsideJobFixes } from './beat/outside-job-fixes.ts'
import { MONGODB_DEFAULTS, type MongodbConfig, mongodbConfig } from './config.ts'
import { MONGODB_SCRIPT } from './connect/mongodb-script.ts'
import { raiseLimit } from './inspect/raise-limit.ts'
import { MONGODB_POSITIONS } from './position/position.ts'
import { SERVICES } from './setup/service.ts'
import { setupPlan } from './setup/setup-plan.ts'

export const MONGODB = {
  kind: 'mongodb',
  config: mongodbConfig,
  defaults: MONGODB_DEFAULTS,
  facts: {
    title: 'MongoDB',
    heartbeatTable: 'streamkap_heartbeat',
    where: 'database streamkap (collection)',
    stream: 'a change stream',
    readOnlyForm: 'a job outside the database',
    scheduler: 'Atlas scheduled trigger, cron, Kubernetes CronJob',
  },
  positions: MONGODB_POSITIONS,
  positionFields: ['ts', 'ord'],
  transactionIds: 'text',
  script: MONGODB_SCRIPT,
  raiseLimit,
  unseenFix: ({ heartbeat }) =>
    heartbeat.source.mode === 'job'
      ? [OUTSIDE_JOB_FIX, ...outsideJobFixes({ heartbeat })]
      : [inShell('offbeat doctor')],
  probe: async (config, context, signal) => (await import('./inspect/probe.ts')).openProbe(config, context, signal),
  reader: async (config, context, signal) => (await import('./read/reader.ts')).openReader(config, context, signal),
  rawReader: async (config, context, tap, signal) =>
    (await import('./read/reader.ts')).openReader(config, context, signal, tap),
  setup: { services: SERVICES, plan: setupPlan },
  checkup: async () => (await import('./checks/checkup.ts')).mongodbCheckup(),
  admin: async (config, url, context, signal) =>
    (await import('./admin/admin-session.ts')).openAdminSession(config, url, context, signal),
  survey: async (config, context, signal) =>
    (await import('./inspect/survey.ts')).surveyServer(config, context, signal),
} satisfies SourceDefinition<MongodbConfig>
