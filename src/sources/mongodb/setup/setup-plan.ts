import type { OutsideForm } from '../../../model/outside-form.ts'
import { formOf, inForm, outsideJobNote, SOURCE_OFF } from '../../../setup/setup-form.ts'
import type { SetupPlan, SetupVariant } from '../../setup.ts'
import { heartbeatWriter } from '../beat/heartbeat-collection.ts'
import { MONGODB_DEFAULTS, type MongodbConfig } from '../config.ts'
import { explainScope, namedCollections } from '../tables/stream-scope.ts'
import { atlasRetentionStep, atlasSteps } from './atlas-step.ts'
import { heartbeatStep, imageSteps, replicaSetStep, retentionStep } from './collection-step.ts'
import type { MongodbStep } from './mongodb-step.ts'
import { outsideJobs } from './outside-job.ts'
import { monitorRole, streamRole } from './role.ts'
import { jobUserStep, roleStep, userSteps } from './role-step.ts'
import { isAtlas } from './service.ts'

/** What the server needs for this configuration. */
export function setupPlan(configured: MongodbConfig, variant: SetupVariant): SetupPlan {
  const config = inForm(configured, variant, MONGODB_DEFAULTS.heartbeat)
  const { mode } = config.heartbeat.source
  const outside = mode === 'job' ? outsideJobs(config, variant) : []
  return {
    form: formOf(config, MONGODB_DEFAULTS.words),
    steps: [
      ...(isAtlas(variant.service) ? [] : [replicaSetStep()]),
      ...(config.connection.user === null ? [] : accessSteps(config, variant)),
      ...(mode === 'off' ? [] : [heartbeatStep(config)]),
      ...imageSteps(config, namedCollections(config)),
      isAtlas(variant.service) ? atlasRetentionStep() : retentionStep(),
    ],
    notes: notesOf(
      config,
      outside.map(({ form }) => form),
      variant,
    ),
    outside,
  }
}

function accessSteps(config: MongodbConfig, { service, monitoring }: SetupVariant): readonly MongodbStep[] {
  const { mode } = config.heartbeat.source
  const stream = streamRole(config)
  const heartbeat = mode === 'off' ? [] : [heartbeatWriter(config)]
  const monitor = monitoring ? [monitorRole(config)] : []
  const writer = writerOf(config)
  const roles = [stream, ...(writer === config.connection.user ? heartbeat : []), ...monitor]
  if (isAtlas(service)) return atlasSteps(config, [stream, ...heartbeat, ...monitor], roles)
  return [
    roleStep(stream, 'stream-role', explainScope(config)),
    ...heartbeat.map((role) =>
      roleStep(role, 'heartbeat-role', 'No built-in role covers a single collection, so this one has its own.'),
    ),
    ...monitor.map((role) =>
      roleStep(role, 'monitor-role', 'It shows the minimum retention of the oplog and the state of the members.'),
    ),
    ...userSteps(config, roles),
    ...(writer === null || writer === config.connection.user ? [] : heartbeat.map((role) => jobUserStep(config, role))),
  ]
}

/** The user that heartbeats are written as. A job runs `offbeat beat` with this configuration. null: it is not known. */
function writerOf({ readOnly, primary, connection }: MongodbConfig): string | null {
  return readOnly ? (primary?.user ?? null) : connection.user
}

function notesOf(
  config: MongodbConfig,
  outside: readonly OutsideForm[],
  { source, service }: SetupVariant,
): readonly string[] {
  const { heartbeat, connection } = config
  const { mode } = heartbeat.source
  const isUnknown = mode === 'job' && connection.user !== null && writerOf(config) === null
  return [
    ...(connection.user === null ? ['The connection has no login, so no user and no role is created.'] : []),
    ...(mode === 'off' ? [SOURCE_OFF] : []),
    ...(mode === 'job' ? [outsideJobNote(outside)] : []),
    ...(mode === 'job' && isAtlas(service)
      ? [`On Atlas a scheduled trigger can write the heartbeats: \`offbeat setup ${source} --as atlas\` prints it.`]
      : []),
    ...(isUnknown ? [`The user that the job logs in as needs the role ${heartbeatWriter(config).name}.`] : []),
  ]
}
