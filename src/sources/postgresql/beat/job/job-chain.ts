import { notReplicated, standsStill } from '../../../../doctor/heartbeat/silence.ts'
import type { Clock } from '../../../../model/clock.ts'
import { OffbeatError } from '../../../../model/error.ts'
import { type Fix, query } from '../../../../model/fix.ts'
import type { Signs } from '../../../check.ts'
import { noAnswer } from '../../../connect/connection-error.ts'
import type { SilenceCause } from '../../../heartbeat/row-trace.ts'
import type { Silence } from '../../../source.ts'
import type { PostgresqlConfig } from '../../config.ts'
import type { PostgresConnection } from '../../connect/connection.ts'
import { lookOnly } from '../../connect/look-only.ts'
import { targetOf } from '../../connect/postgresql-target.ts'
import { lookAtServer } from '../../inspect/server-facts.ts'
import type { BeatSight } from '../beat-sight.ts'
import { lookAtHeartbeat } from '../heartbeat-evidence.ts'
import { heartbeatEvidence } from '../heartbeat-facts.ts'
import { unseenBecause } from '../unseen-beat.ts'
import { rowVersion } from './job-trace.ts'
import { lookAtScheduler } from './scheduler-evidence.ts'
import { lookAtStandby, type StandbyFacts } from './standby-evidence.ts'
import { ON_STANDBY, standbyReplay } from './standby-replay.ts'

/** The look that this is a part of has no more than twice that. */
const PRIMARY_TIMEOUT_MS = 5000

/** The store says nothing about this: the row does not change. */
const NOTHING_SEEN: Signs = { running: null, offset: null, status: null, pulses: [], bytesPerMs: null }

interface Row {
  readonly connection: PostgresConnection
  /** Of the row on the server that is read. */
  readonly version: string
  readonly signal: AbortSignal
}

/** Names the broken link of a silent job's chain by the doctor's own checks. Only reads; over the side connection and, for a moment, one to the primary. */
export class JobChain implements SilenceCause<PostgresConnection> {
  readonly #config: PostgresqlConfig
  readonly #source: string
  readonly #clock: Clock
  /** The row here, when the primary was first seen to have another. */
  #behind: string | null = null

  constructor(config: PostgresqlConfig, source: string, clock: Clock) {
    this.#config = config
    this.#source = source
    this.#clock = clock
  }

  /** The row does not change on the server that is read. null: it takes another look to tell. */
  async still({ connection, version, signal }: Row): Promise<Silence | null> {
    const config = this.#config
    const facts = await lookAtServer(connection, config, { signal })
    const local = {
      source: this.#source,
      config,
      signs: NOTHING_SEEN,
      nowMs: this.#clock.nowMs(),
      facts,
      heartbeat: await lookAtHeartbeat(connection, config, { signal }),
      role: { name: connection.role, readOnly: false, places: new Map() },
      published: null,
    }
    const standby = facts.standby ? await lookAtStandby(connection, { signal }) : null
    return await this.#withinTime(signal, async (until) => {
      if (facts.standby && (await this.#differsOnPrimary(version, until))) {
        if (this.#behind === version) return behindPrimary({ ...local, scheduler: null }, standby)
        this.#behind = version
        return null
      }
      this.#behind = null
      const scheduler = await lookAtScheduler(config, facts, this.#source, until)
      return standsStill(heartbeatEvidence({ ...local, scheduler }))
    })
  }

  /** The row changes on the server that is read, and the stream does not show it. */
  async unseen({ connection, signal }: Omit<Row, 'version'>): Promise<Silence> {
    return await unseenBecause({ config: this.#config, source: this.#source, connection, signal })
  }

  /** A standby has the very rows of its primary, by their places and transactions too. What cannot be looked at, the scheduler's look says. */
  async #differsOnPrimary(version: string, signal: AbortSignal): Promise<boolean> {
    const { primary } = this.#config
    if (primary === null) return false
    try {
      await using connection = await lookOnly({ ...this.#config, connection: primary }, this.#source, signal)
      const there = await rowVersion(connection, this.#config, { signal })
      return there !== null && there !== version
    } catch (error) {
      if (error instanceof OffbeatError) return false
      throw error
    }
  }

  async #withinTime<T>(signal: AbortSignal, work: (until: AbortSignal) => Promise<T>): Promise<T> {
    const connection = this.#config.primary ?? this.#config.connection
    const [at = { host: '', port: 0 }] = connection.hosts
    const late = new AbortController()
    const over = new AbortController()
    const expired = () => late.abort(noAnswer(targetOf(at, connection), PRIMARY_TIMEOUT_MS))
    // Rejected when the work is over before.
    this.#clock.sleep(PRIMARY_TIMEOUT_MS, over.signal).then(expired, () => undefined)
    try {
      return await work(AbortSignal.any([signal, late.signal]))
    } finally {
      over.abort()
    }
  }
}

/** The primary has had another row for longer than between two inspections; pure. */
export function behindPrimary(sight: BeatSight, standby: StandbyFacts | null): Silence {
  const { config } = sight
  return notReplicated(heartbeatEvidence(sight), standbyReplay({ standby, config }), [receiver(config)])
}

function receiver({ connection }: PostgresqlConfig): Fix {
  return query('SELECT status, latest_end_lsn, latest_end_time, sender_host FROM pg_stat_wal_receiver', ON_STANDBY, {
    at: connection.database,
  })
}
