import type { Silence } from '../source.ts'

/** However short the interval of the heartbeats is, the checks of one silence are not closer together. */
const SHORTEST_GAP_MS = 5000

/** Why heartbeats do not come, once it is known what the row does on the server that is read. Costs more than reading the row. */
export interface SilenceCause<C> {
  /** The row does not change. null: only another check can say why. */
  still(row: {
    readonly connection: C
    readonly version: string
    readonly signal: AbortSignal
  }): Promise<Silence | null>
  /** The row changes, and the stream does not show it. */
  unseen(row: { readonly connection: C; readonly signal: AbortSignal }): Promise<Silence>
}

export interface TracedRow<C> {
  /** A text that is another one after each change of the row; or why there is none: no table, no row, or no right to read it. */
  version(connection: C, signal: AbortSignal): Promise<string | Silence>
}

/** Checks the heartbeat row on the server that is read while the stream does not show its changes: does it change there at all? Only reads. */
export class RowTrace<C> {
  readonly #row: TracedRow<C>
  readonly #cause: SilenceCause<C>
  readonly #intervalMs: number
  /** Of the present silence, in which the row is read twice an interval. */
  #first: { readonly version: string; readonly atMs: number } | null = null
  #lastMs = Number.NEGATIVE_INFINITY
  /** The last answer of the cause, which is asked no more than once an interval. */
  #reported: { readonly by: keyof SilenceCause<C>; readonly atMs: number } | null = null

  constructor(about: {
    readonly row: TracedRow<C>
    readonly cause: SilenceCause<C>
    /** At which the heartbeats should come. */
    readonly intervalMs: number
  }) {
    this.#row = about.row
    this.#cause = about.cause
    this.#intervalMs = about.intervalMs
  }

  /** null: another check, an interval later, is needed to say why, or what was reported still holds. */
  async look(connection: C, nowMs: number, signal: AbortSignal): Promise<Silence | null> {
    const version = await this.#row.version(connection, signal)
    if (typeof version !== 'string') return version
    // What was seen in an earlier silence says nothing of this one.
    if (nowMs - this.#lastMs > Math.max(2 * this.#intervalMs, SHORTEST_GAP_MS)) this.#first = this.#reported = null
    this.#lastMs = nowMs
    const first = this.#first ?? { version, atMs: nowMs }
    this.#first = first
    const changes = first.version !== version
    if (!changes && nowMs - first.atMs < this.#intervalMs) return null
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
