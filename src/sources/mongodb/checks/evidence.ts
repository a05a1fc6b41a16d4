import { inspectedLog } from '../../../doctor/checks/log-state.ts'
import { gathererOver } from '../../../doctor/checks/piece.ts'
import type { OffbeatError } from '../../../model/error.ts'
import type { LogState } from '../../../model/log-state.ts'
import { type CheckContext, evidenceOf, type Signs } from '../../check.ts'
import type { ServerTarget } from '../../connect/server-target.ts'
import { type HeartbeatSight, readHeartbeatSight } from '../beat/heartbeat-sight.ts'
import type { MongodbConfig } from '../config.ts'
import { connectMongodb } from '../connect/connection.ts'
import type { Privilege } from '../connect/grant.ts'
import { grantRole } from '../connect/grant.ts'
import type { ServerFacts } from '../connect/server-facts.ts'
import { type CollectionSight, readCollections } from '../inspect/collections.ts'
import { inspectionMemory, inspectLog } from '../inspect/inspect.ts'
import { type Members, readMembers } from '../inspect/members.ts'
import { readConfigServers } from '../inspect/shards/shard-member.ts'
import type { ClusterSight } from '../inspect/shards/shard-watch.ts'
import { MONGODB_POSITIONS } from '../position/position.ts'
import { checkResume } from '../resume/check-resume.ts'
import { readIdentity } from '../resume/identity.ts'
import { type PrimaryPrivileges, readPrimaryPrivileges } from './heartbeat-writer.ts'
import { type CollectionImages, readImages } from './images.ts'
import { type Noops, readNoops } from './noops.ts'
import { readPrivileges } from './privileges.ts'
import { tryWatching } from './watching.ts'

/** Everything that the checks use. It is gathered once, piece by piece; see `evidenceOf`. */
export interface Evidence {
  readonly source: string
  readonly config: MongodbConfig
  readonly signs: Signs
  /** By our own clock, like the times in `signs`. */
  readonly nowMs: number
  /** The source is at risk if its runway is shorter. */
  readonly atRiskMs: number
  readonly target: ServerTarget
  readonly facts: ServerFacts
  /** null: not known. */
  readonly privileges: readonly Privilege[] | null
  readonly primaryPrivileges: PrimaryPrivileges
  /** Why a stream cannot be opened at the end of the log; null: it can. */
  readonly watching: OffbeatError | null
  /** The same inspection as in `status`; the error if the inspection fails. */
  readonly state: LogState | OffbeatError
  readonly members: Members
  readonly noops: Noops | null
  /** See `readConfigServers`. */
  readonly configServers: string | null
  /** Of a sharded cluster, as the inspection saw them. */
  readonly shards: ClusterSight
  readonly collections: CollectionSight
  readonly images: readonly CollectionImages[]
  readonly heartbeat: HeartbeatSight
}

/** Only reads. Rejects only if the connection cannot be opened or breaks. */
export async function gatherEvidence(
  config: MongodbConfig,
  context: CheckContext,
  signal: AbortSignal,
): Promise<Evidence> {
  const { signs, source, clock, atRiskMs } = context
  await using connection = await connectMongodb(config, { source, signal })
  const { piece } = gathererOver({
    get isOpen() {
      return connection.isOpen
    },
    isAnswer: ({ details }) => typeof details['code'] === 'number',
    grantFor: ({ code }) =>
      code === 'DATABASE_PERMISSION' ? grantRole(config, { role: 'clusterMonitor', db: 'admin' }) : null,
  })
  const memory = inspectionMemory(config, source)
  return evidenceOf<Evidence>({
    source: { seen: source },
    config: { seen: config },
    signs: { seen: signs },
    nowMs: { seen: clock.nowMs() },
    atRiskMs: { seen: atRiskMs },
    target: { seen: connection.target },
    facts: { seen: connection.facts },
    privileges: await piece("the user's privileges", () => readPrivileges(connection, signal)),
    primaryPrivileges: { seen: await readPrimaryPrivileges(config, source, signal) },
    watching: { seen: await tryWatching(connection, config, signal) },
    state: await piece('the log', async () =>
      inspectedLog(context, MONGODB_POSITIONS, connection, async (offset) =>
        inspectLog({
          connection,
          config,
          memory,
          monotonicMs: clock.monotonicMs(),
          identity: await readIdentity(connection, signal),
          offset,
          resume: (stored) => checkResume(connection, { config, source, offset: stored }, signal),
          signal,
        }),
      ),
    ),
    members: await piece('the members of the set', () => readMembers(connection, signal)),
    noops: await piece('the no-ops of the set', () => readNoops(connection, signal)),
    configServers: { seen: await readConfigServers(connection, signal) },
    shards: { seen: memory.shards.last },
    collections: await piece('the collections', () => readCollections(connection, config, signal)),
    images: await piece('the images of the collections', () => readImages(connection, config, signal)),
    heartbeat: await piece('the heartbeat collection', () => readHeartbeatSight(connection, config, signal)),
  })
}
