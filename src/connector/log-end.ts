import type { LogState } from '../model/log-state.ts'
import type { Position, PositionCodec } from '../model/position.ts'

type Inspected = Pick<LogState, 'atMs' | 'behind' | 'head'>

/**
 * The end of the log when the stream of a run to the head began. If its position can be compared with an offset, the run ends when the
 * offset reaches it. If not, the run ends at the first pulse that was committed after the inspection, or when an inspection finds nothing
 * after the stored offset.
 */
export class LogEnd {
  readonly #head: Position | null
  readonly #atMs: number
  readonly #compare: PositionCodec['compare']
  readonly #passed = new AbortController()

  constructor(state: Inspected, { compare }: Pick<PositionCodec, 'compare'>) {
    this.#head = state.head.position
    this.#atMs = state.head.atMs ?? state.atMs
    this.#compare = compare
    this.inspected(state)
  }

  /** Aborts when the run reaches the end in the case where positions cannot show it. */
  get signal(): AbortSignal {
    return this.#passed.signal
  }

  hasPassed(newest: Position | null): boolean {
    if (this.#head === null || newest === null) return this.#passed.signal.aborted
    const order = this.#compare(newest, this.#head)
    return order === 'after' || order === 'same'
  }

  /** The stream has shown a pulse, so everything that was committed before it has been read. */
  pulse(committedAtMs: number | null): void {
    if (this.#head === null && committedAtMs !== null && committedAtMs > this.#atMs) this.#passed.abort()
  }

  /** The stored offset was inspected. */
  inspected({ behind }: Pick<LogState, 'behind'>): void {
    if (this.#head === null && behind === 'no') this.#passed.abort()
  }
}
