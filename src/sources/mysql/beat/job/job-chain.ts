import type { Clock } from '../../../../model/clock.ts'
import { query } from '../../../../model/fix.ts'
import type { Signs } from '../../../check.ts'
import { noAnswer } from '../../../connect/connection-error.ts'
import { JobChain } from '../../../heartbeat/job-chain.ts'
import type { SilenceCause } from '../../../heartbeat/row-trace.ts'
import { notReplicated } from '../../../heartbeat/silence.ts'
import type { MysqlConfig } from '../../config.ts'
import { connectMysql, type MysqlConnection } from '../../connect/connection.ts'
import { targetOf } from '../../connect/mysql-target.ts'
import { ADMINISTRATOR } from '../../errors/errors.ts'
import type { BeatSight } from '../beat-sight.ts'
import { readHeartbeatFacts } from '../heartbeat-evidence.ts'
import { heartbeatEvidence } from '../heartbeat-facts.ts'
import { readServerWriting } from '../server-writing.ts'
import { unseenBecause } from '../unseen-beat.ts'
import { rowVersion } from './job-trace.ts'
import { inspectScheduler } from './scheduler-evidence.ts'

/** Empty: the store has no evidence for why the row does not change. */
const NOTHING_SEEN: Signs = { running: null, offset: null, status: null, pulses: [], bytesPerMs: null }

interface Local {
  readonly isReplica: boolean
  readonly sight: Omit<BeatSight, 'scheduler'>
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
      return { isReplica: writing.isReplica, sight }
    },
    versionOnPrimary: async (signal: AbortSignal) => {
      if (primary === null) return null
      const options = { source, use: 'inspect', signal } as const
      await using connection = await connectMysql({ ...config, connection: primary }, options)
      return await rowVersion(connection, config, signal)
    },
    evidence: async ({ sight }: Local, signal: AbortSignal) =>
      heartbeatEvidence({ ...sight, scheduler: await inspectScheduler(config, sight.writing, source, signal) }),
    behindPrimary: ({ sight }: Local) =>
      notReplicated(heartbeatEvidence({ ...sight, scheduler: null }), null, [
        query(sight.version.product === 'mysql' ? 'SHOW REPLICA STATUS' : 'SHOW ALL SLAVES STATUS', ADMINISTRATOR),
      ]),
    unseen: (connection: MysqlConnection, signal: AbortSignal) => unseenBecause({ config, source, connection, signal }),
    noAnswer: (timeoutMs: number) => {
      const [at = { host: '', port: 0 }] = (primary ?? config.connection).hosts
      return noAnswer(targetOf(at, config), timeoutMs)
    },
  }
  return new JobChain(servers, clock)
}
