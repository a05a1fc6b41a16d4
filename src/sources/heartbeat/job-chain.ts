import type { Clock } from '../../model/clock.ts'
import { OffbeatError } from '../../model/error.ts'
import type { Silence } from '../source.ts'
import type { HeartbeatEvidence } from './facts.ts'
import type { SilenceCause } from './row-trace.ts'
import { type OutsideJob, outsideStandsStill, standsStill } from './silence.ts'

/** The inspection that includes this check takes at most twice this time. */
const PRIMARY_TIMEOUT_MS = 5000

/** What a database checks to find out why the row of a scheduled job does not change. Read-only. */
export interface ChainServers<C, Local extends { readonly isReplica: boolean }> {
  /** Facts about the server that is read. */
  local(connection: C, signal: AbortSignal): Promise<Local>
  /** The row's version as in `TracedRow.version`; null: no primary is configured, or it has no row. */
  versionOnPrimary(signal: AbortSignal): Promise<string | null>
  /** Includes the scheduler, which is checked on the primary. */
  evidence(local: Local, signal: AbortSignal): Promise<HeartbeatEvidence>
  /** The primary has had a different row for longer than the time between two inspections. */
  behindPrimary(local: Local): Silence
  /** The row changes on the server that is read, and the stream does not show it. */
  unseen(connection: C, signal: AbortSignal): Promise<Silence>
  /** The error that ends the check of the primary after this time. */
  noAnswer(timeoutMs: number): OffbeatError
}

/**
 * Finds the broken link in the chain of a job whose heartbeats do not arrive. Uses the doctor's own checks, over the side connection and a
 * short-lived connection to the primary.
 */
export class JobChain<C, Local extends { readonly isReplica: boolean }> implements SilenceCause<C> {
  readonly #servers: ChainServers<C, Local>
  readonly #clock: Clock
  /** The version of the row here when the primary was first seen to have a different one. */
  #behind: string | null = null

  constructor(servers: ChainServers<C, Local>, clock: Clock) {
    this.#servers = servers
    this.#clock = clock
  }

  async still(row: {
    readonly connection: C
    readonly version: string
    readonly signal: AbortSignal
  }): Promise<Silence | null> {
    const { connection, version, signal } = row
    const local = await this.#servers.local(connection, signal)
    return await this.#withinTime(signal, async (until) => {
      if (local.isReplica && (await this.#differsOnPrimary(version, until))) {
        if (this.#behind === version) return this.#servers.behindPrimary(local)
        this.#behind = version
        return null
      }
      this.#behind = null
      return standsStill(await this.#servers.evidence(local, until))
    })
  }

  async unseen({ connection, signal }: { readonly connection: C; readonly signal: AbortSignal }): Promise<Silence> {
    return await this.#servers.unseen(connection, signal)
  }

  /** A replica has the same rows as its primary. If the primary cannot be checked here, the check of the scheduler reports it. */
  async #differsOnPrimary(version: string, signal: AbortSignal): Promise<boolean> {
    try {
      const there = await this.#servers.versionOnPrimary(signal)
      return there !== null && there !== version
    } catch (error) {
      if (error instanceof OffbeatError) return false
      throw error
    }
  }

  async #withinTime<T>(signal: AbortSignal, work: (until: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController()
    const over = new AbortController()
    const expired = () => late.abort(this.#servers.noAnswer(PRIMARY_TIMEOUT_MS))
    // The sleep rejects if the work ends first.
    this.#clock.sleep(PRIMARY_TIMEOUT_MS, over.signal).then(expired, () => undefined)
    try {
      return await work(AbortSignal.any([signal, late.signal]))
    } finally {
      over.abort()
    }
  }
}

/** For a job outside the database. */
export function outsideChain<C>(
  job: OutsideJob,
  unseen: (connection: C, signal: AbortSignal) => Promise<Silence>,
): SilenceCause<C> {
  return {
    still: async () => outsideStandsStill(job),
    unseen: ({ connection, signal }) => unseen(connection, signal),
  }
}
