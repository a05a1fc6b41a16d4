import type { Clock } from '../../../../model/clock.ts'
import type { Signs } from '../../../check.ts'
import { noAnswer } from '../../../connect/connection-error.ts'
import { JobChain } from '../../../heartbeat/job-chain.ts'
import type { SilenceCause } from '../../../heartbeat/row-trace.ts'
import { notReplicated } from '../../../heartbeat/silence.ts'
import type { Silence } from '../../../source.ts'
import type { MysqlConfig } from '../../config.ts'
import { connectMysql, type MysqlConnection } from '../../connect/connection.ts'
import { targetOf } from '../../connect/mysql-target.ts'
import type { BeatSight } from '../beat-sight.ts'
import { readHeartbeatFacts } from '../heartbeat-evidence.ts'
import { heartbeatEvidence } from '../heartbeat-facts.ts'
import type { Channel } from '../replication/channel.ts'
import { channelCommands, onReplica } from '../replication/channel-command.ts'
import { replicationFilterResult } from '../replication/filter-result.ts'
import { replicationResult } from '../replication/replication-result.ts'
import { readServerWriting } from '../server-writing.ts'
import { unseenBecause, visibleChannels } from '../unseen-beat.ts'
import { rowVersion } from './job-trace.ts'
import { inspectScheduler } from './scheduler-evidence.ts'

/** Empty: the store has no evidence for why the row does not change. */
const NOTHING_SEEN: Signs = { running: null, offset: null, status: null, pulses: [], bytesPerMs: null }

interface Local {
  readonly isReplica: boolean
  readonly sight: Omit<BeatSight, 'scheduler'>
  readonly channels: readonly Channel[]
}

export function jobChain(config: MysqlConfig, source: string, clock: Clock): SilenceCause<MysqlConnection> {
  const { primary } = config
  const servers = {
    local: async (connection: MysqlConnection, signal: AbortSignal): Promise<Local> => {
      const writing = await readServerWriting(connection, signal)
      const sight = {
        source,
        config,
        signs: NOTHING_SEEN,
        nowMs: clock.nowMs(),
        target: connection.target,
        version: connection.version,
        writing,
        heartbeat: await readHeartbeatFacts(connection, config, signal),
      }
      return { isReplica: writing.isReplica, sight, channels: await visibleChannels(connection, signal) }
    },
    versionOnPrimary: async (signal: AbortSignal) => {
      if (primary === null) return null
      const options = { source, use: 'inspect', signal } as const
      await using connection = await connectMysql({ ...config, connection: primary }, options)
      return await rowVersion(connection, config, signal)
    },
    evidence: async ({ sight }: Local, signal: AbortSignal) =>
      heartbeatEvidence({ ...sight, scheduler: await inspectScheduler(config, sight.writing, source, signal) }),
    behindPrimary,
    unseen: (connection: MysqlConnection, signal: AbortSignal) => unseenBecause({ config, source, connection, signal }),
    noAnswer: (timeoutMs: number) => {
      const [at = { host: '', port: 0 }] = (primary ?? config.connection).hosts
      return noAnswer(targetOf(at, config), timeoutMs)
    },
  }
  return new JobChain(servers, clock)
}

function behindPrimary({ sight, channels }: Local): Silence {
  const { version, config } = sight
  const { schema, table, intervalMs } = config.heartbeat.source
  const replication = { version, channels }
  const filter = replicationFilterResult(replication, [{ database: schema, name: table }])
  const result = filter?.status === 'fail' ? filter : replicationResult(replication, intervalMs)
  const { status } = channelCommands(version, { name: '' })
  return notReplicated(heartbeatEvidence({ ...sight, scheduler: null }), result, [onReplica(status, { reads: true })])
}
