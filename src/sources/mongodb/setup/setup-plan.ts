import { formOf, inForm, OUTSIDE_JOB, SOURCE_OFF } from '../../../setup/setup-form.ts'
import type { SetupPlan, SetupVariant } from '../../setup.ts'
import { MONGODB_DEFAULTS, type MongodbConfig } from '../config.ts'
import { explainScope, namedCollections } from '../tables/stream-scope.ts'
import { atlasSteps } from './atlas-step.ts'
import { heartbeatStep, imageSteps, replicaSetStep, retentionStep } from './collection-step.ts'
import type { MongodbStep } from './mongodb-step.ts'
import { outsideJobs } from './outside-job.ts'
import { heartbeatRoleOf, monitorRole, streamRole } from './role.ts'
import { roleStep, userSteps } from './role-step.ts'
import { isAtlas } from './service.ts'

/** What the server needs for this configuration. */
export function setupPlan(configured: MongodbConfig, variant: SetupVariant): SetupPlan {
  const config = inForm(configured, variant, MONGODB_DEFAULTS.heartbeat)
  const { mode } = config.heartbeat.source
  return {
    form: formOf(config),
    steps: [
      replicaSetStep(),
      ...(config.connection.user === null ? [] : accessSteps(config, variant)),
      ...(mode === 'off' ? [] : [heartbeatStep(config)]),
      ...imageSteps(config, namedCollections(config)),
      retentionStep(),
    ],
    notes: notesOf(config),
    outside: mode === 'job' ? outsideJobs(config, variant.source) : [],
  }
}

function accessSteps(config: MongodbConfig, { service, monitoring }: SetupVariant): readonly MongodbStep[] {
  const { mode } = config.heartbeat.source
  const stream = streamRole(config)
  // A job that runs `offbeat beat` with this configuration writes as the same user, unless the source only reads.
  const heartbeat = mode === 'off' ? [] : [heartbeatRoleOf(config, !config.readOnly)]
  const monitor = monitoring ? [monitorRole(config)] : []
  const roles = [stream, ...heartbeat, ...monitor]
  if (isAtlas(service)) return atlasSteps(config, roles)
  return [
    roleStep(stream, 'stream-role', explainScope(config)),
    ...heartbeat.map((role) =>
      roleStep(role, 'heartbeat-role', 'No built-in role covers a single collection, so this one has its own.'),
    ),
    ...monitor.map((role) =>
      roleStep(role, 'monitor-role', 'It shows the minimum retention of the oplog and the state of the members.'),
    ),
    ...userSteps(config, roles),
  ]
}

function notesOf({ heartbeat, connection }: MongodbConfig): readonly string[] {
  const { mode } = heartbeat.source
  return [
    ...(connection.user === null ? ['The connection has no login, so no user and no role is created.'] : []),
    ...(mode === 'off' ? [SOURCE_OFF] : []),
    ...(mode === 'job' ? [OUTSIDE_JOB] : []),
  ]
}
