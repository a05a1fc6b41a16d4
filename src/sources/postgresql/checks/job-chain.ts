import type { Clock } from '../../../model/clock.ts'
import { OffbeatError } from '../../../model/error.ts'
import { type Fix, forPerson, query } from '../../../model/fix.ts'
import { type Check, type CheckFinding, type CheckResult, findingsOf, type Signs } from '../../check.ts'
import { noAnswer } from '../../connect/connection-error.ts'
import type { SilenceCause } from '../../heartbeat/row-trace.ts'
import type { Silence } from '../../source.ts'
import { heartbeatTableName } from '../beat/heartbeat-table.ts'
import { jobFix, rowVersion } from '../beat/job-trace.ts'
import type { PostgresqlConfig } from '../config.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { SUPERUSER } from '../connect/fix-runner.ts'
import { lookOnly } from '../connect/look-only.ts'
import { targetOf } from '../connect/postgresql-target.ts'
import { lookAtServer } from '../inspect/server-facts.ts'
import type { JobEvidence } from './evidence/evidence.ts'
import { lookAtHeartbeat } from './evidence/heartbeat-evidence.ts'
import { lookAtScheduler } from './evidence/scheduler-evidence.ts'
import { lookAtStandby } from './evidence/standby-evidence.ts'
import { jobActiveCheck, jobCheck, jobDatabaseCheck, jobRowCheck, jobScheduleCheck } from './job-check.ts'
import { jobRunCheck } from './job-run-check.ts'
import { lockFinding } from './obstacle-finding.ts'
import { schedulerCheck } from './scheduler-check.ts'
import { replayCheck } from './standby-check.ts'
import { unseenBecause } from './unseen-beat.ts'

/** The look that this is a part of has no more than twice that. */
const PRIMARY_TIMEOUT_MS = 5000

/** In the order of the chain: what is broken first makes the rest meaningless. A job that runs too seldom is a fault only where it runs. */
const JOB_CHECKS: readonly Check<JobEvidence>[] = [
  schedulerCheck,
  jobCheck,
  jobActiveCheck,
  jobDatabaseCheck,
  jobRowCheck,
  jobRunCheck,
  jobScheduleCheck,
]

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
      standby: facts.standby ? await lookAtStandby(connection, { signal }) : null,
    }
    return await this.#withinTime(signal, async (until) => {
      if (facts.standby && (await this.#differsOnPrimary(version, until))) {
        const evidence = { ...local, scheduler: null }
        if (this.#behind === version) return notReplicated(evidence)
        this.#behind = version
        return null
      }
      this.#behind = null
      return standsStill({ ...local, scheduler: await lookAtScheduler(config, facts, this.#source, until) })
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

/** By what the checks find of the scheduler; pure. */
export function standsStill(evidence: JobEvidence): Silence {
  const name = heartbeatTableName(evidence.config)
  const still = `the row in ${name} does not change on the server that is read`
  const locked = lockFinding(evidence, still)
  if (locked !== null) return { found: `${locked.found} (${locked.code})`, fix: onPrimary(locked) }
  const findings = findingsOf(JOB_CHECKS, evidence)
  const broken = findings.find(({ status }) => status === 'fail')
  if (broken !== undefined) return { found: `${still}: ${inWords(broken)}`, fix: onPrimary(broken) }
  const unknown = `${still}: the job does not run, or its changes are not replicated to here`
  const hidden = findings.find(({ status }) => status === 'skip')
  if (hidden === undefined)
    return {
      found: [unknown, ...findings.filter(({ id }) => id === jobRunCheck.id).map(inWords)].join('; '),
      fix: jobFix(name),
    }
  const needs = hidden.fix.length > 0 ? onPrimary(hidden) : [forPerson(`configure ${hidden.expected}`)]
  return { found: `${unknown}; ${inWords(hidden)}`, fix: [...needs, ...jobFix(name)] }
}

/** The primary has had another row for longer than a look; pure. */
export function notReplicated(evidence: JobEvidence): Silence {
  const name = heartbeatTableName(evidence.config)
  const replay = replayCheck.look(evidence)
  const found = `the row in ${name} changes on the primary and not on the standby that is read`
  if (replay === null || replay.status === 'ok')
    return {
      found: `${found}: changes of the primary arrive late or not at all`,
      fix: [
        query(
          'SELECT status, latest_end_lsn, latest_end_time, sender_host FROM pg_stat_wal_receiver',
          `${SUPERUSER}, on the standby`,
          { at: evidence.config.connection.database },
        ),
      ],
    }
  return { found: `${found}: ${inWords(replay)}`, fix: fixesOf(replay) }
}

function inWords({ found, code }: CheckFinding | CheckResult): string {
  return code === null ? found : `${found} (${code})`
}

function onPrimary({ fix }: Pick<CheckResult, 'fix'>): readonly Fix[] {
  return fixesOf({ fix }).map((each) => (each.in === 'database' ? { ...each, by: `${each.by}, on the primary` } : each))
}

function fixesOf({ fix }: Pick<CheckResult, 'fix'>): readonly Fix[] {
  return fix.map(({ manualBecause: _, ...each }) => each)
}
