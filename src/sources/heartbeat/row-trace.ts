import type { Silence } from '../source.ts'

/** The minimum time between two checks of the same silence, however short the heartbeat interval is. */
const SHORTEST_GAP_MS = 5000

/**
 * Finds out why heartbeats do not arrive, once it is known whether the row changes on the server that is read. Costs more than reading the
 * row.
 */
export interface SilenceCause<C> {
  /** The row does not change. null: only another check can tell why. */
  still(row: {
    readonly connection: C
    readonly version: string
    readonly signal: AbortSignal
  }): Promise<Silence | null>
  /** The row changes, and the stream does not show it. */
  unseen(row: { readonly connection: C; readonly signal: AbortSignal }): Promise<Silence>
}

export interface TracedRow<C> {
  /** A text that differs after each change of the row, or the reason why there is none: no table, no row, or no privilege to read it. */
  version(connection: C, signal: AbortSignal): Promise<string | Silence>
}

/** Checks, while the stream shows no changes of the heartbeat row, whether the row changes on the server that is read. Read-only. */
export class RowTrace<C> {
  readonly #row: TracedRow<C>
  readonly #cause: SilenceCause<C>
  readonly #intervalMs: number
  /** The version that was last read and since when it has been that one. During a silence the row is read twice per interval. */
  #seen: { readonly version: string; readonly sinceMs: number } | null = null
  /** When the row was last seen to have another version than before; null: not yet in this silence. */
  #changedMs: number | null = null
  #lastMs = Number.NEGATIVE_INFINITY
  /** What `cause` last reported. It is called at most once per interval. */
  #reported: { readonly by: keyof SilenceCause<C>; readonly atMs: number } | null = null

  constructor(about: {
    readonly row: TracedRow<C>
    readonly cause: SilenceCause<C>
    /** The expected interval of the heartbeats. */
    readonly intervalMs: number
  }) {
    this.#row = about.row
    this.#cause = about.cause
    this.#intervalMs = about.intervalMs
  }

  /** null: another check is needed one interval later, or what was last reported still holds. */
  async observe(connection: C, nowMs: number, signal: AbortSignal): Promise<Silence | null> {
    const version = await this.#row.version(connection, signal)
    if (typeof version !== 'string') return version
    const recentMs = Math.max(2 * this.#intervalMs, SHORTEST_GAP_MS)
    // Observations from an earlier silence do not apply to this one.
    if (nowMs - this.#lastMs > recentMs) this.#seen = this.#changedMs = this.#reported = null
    this.#lastMs = nowMs
    if (this.#seen !== null && this.#seen.version !== version) this.#changedMs = nowMs
    const seen = this.#seen?.version === version ? this.#seen : { version, sinceMs: nowMs }
    this.#seen = seen
    // A row that changed and then stopped does not change any more.
    const changes = this.#changedMs !== null && nowMs - this.#changedMs <= recentMs
    if (!changes && nowMs - seen.sinceMs < this.#intervalMs) return null
    const by = changes ? 'unseen' : 'still'
    if (this.#hasReported(by, nowMs)) return null
    const silence = await this.#cause[by]({ connection, version, signal })
    if (silence !== null) this.#reported = { by, atMs: nowMs }
    return silence
  }

  #hasReported(by: keyof SilenceCause<C>, nowMs: number): boolean {
    const last = this.#reported
    return last?.by === by && nowMs - last.atMs < Math.max(this.#intervalMs, SHORTEST_GAP_MS)
  }
}
