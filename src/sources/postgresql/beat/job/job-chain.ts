import type { Clock } from '../../../../model/clock.ts'
import { type Fix, query } from '../../../../model/fix.ts'
import type { Signs } from '../../../check.ts'
import { noAnswer } from '../../../connect/connection-error.ts'
import { JobChain } from '../../../heartbeat/job-chain.ts'
import type { SilenceCause } from '../../../heartbeat/row-trace.ts'
import { notReplicated } from '../../../heartbeat/silence.ts'
import type { Silence } from '../../../source.ts'
import type { PostgresqlConfig } from '../../config.ts'
import { connectPostgres, type PostgresConnection } from '../../connect/connection.ts'
import { targetOf } from '../../connect/postgresql-target.ts'
import { readServerFacts } from '../../inspect/server-facts.ts'
import type { BeatSight } from '../beat-sight.ts'
import { readHeartbeatFacts } from '../heartbeat-evidence.ts'
import { heartbeatEvidence } from '../heartbeat-facts.ts'
import { unseenBecause } from '../unseen-beat.ts'
import { rowVersion } from './job-trace.ts'
import { inspectScheduler } from './scheduler-evidence.ts'
import { ON_STANDBY, readStandbyFacts, type StandbyFacts, standbyReplay } from './standby-replay.ts'

/** Empty: the store has no evidence for why the row does not change. */
const NOTHING_SEEN: Signs = { running: null, offset: null, status: null, pulses: [], bytesPerMs: null }

interface Local {
  readonly isReplica: boolean
  readonly sight: Omit<BeatSight, 'scheduler'>
  readonly standby: StandbyFacts | null
}

export function jobChain(config: PostgresqlConfig, source: string, clock: Clock): SilenceCause<PostgresConnection> {
  const { primary } = config
  const servers = {
    local: async (connection: PostgresConnection, signal: AbortSignal): Promise<Local> => {
      const facts = await readServerFacts(connection, config, { signal })
      const sight = {
        source,
        config,
        signs: NOTHING_SEEN,
        nowMs: clock.nowMs(),
        facts,
        heartbeat: await readHeartbeatFacts(connection, config, { signal }),
        role: { name: connection.role, readOnly: false, origins: new Map() },
        published: null,
      }
      const standby = facts.standby ? await readStandbyFacts(connection, { signal }) : null
      return { isReplica: facts.standby, sight, standby }
    },
    versionOnPrimary: async (signal: AbortSignal) => {
      if (primary === null) return null
      const options = { source, use: 'inspect', signal } as const
      await using connection = await connectPostgres({ ...config, connection: primary }, options)
      return await rowVersion(connection, config, { signal })
    },
    evidence: async ({ sight }: Local, signal: AbortSignal) =>
      heartbeatEvidence({ ...sight, scheduler: await inspectScheduler(config, sight.facts, source, signal) }),
    behindPrimary: ({ sight, standby }: Local) => behindPrimary({ ...sight, scheduler: null }, standby),
    unseen: (connection: PostgresConnection, signal: AbortSignal) =>
      unseenBecause({ config, source, connection, signal }),
    noAnswer: (timeoutMs: number) => {
      const connection = primary ?? config.connection
      const [at = { host: '', port: 0 }] = connection.hosts
      return noAnswer(targetOf(at, connection), timeoutMs)
    },
  }
  return new JobChain(servers, clock)
}

export function behindPrimary(sight: BeatSight, standby: StandbyFacts | null): Silence {
  const { config } = sight
  return notReplicated(heartbeatEvidence(sight), standbyReplay({ standby, config }), [receiver(config)])
}

function receiver({ connection }: PostgresqlConfig): Fix {
  return query('SELECT status, latest_end_lsn, latest_end_time, sender_host FROM pg_stat_wal_receiver', ON_STANDBY, {
    at: connection.database,
  })
}
