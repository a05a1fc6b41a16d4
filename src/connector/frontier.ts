import { isDeepStrictEqual } from 'node:util'
import { OffbeatError } from '../model/error.ts'
import type { Offset } from '../model/offset.ts'
import type { Order, Position, PositionCodec } from '../model/position.ts'

interface Conflict {
  readonly order: Order
  /** What was reached before. */
  readonly reached: Position
}

/**
 * How far the log has been read. It never goes back (promise 4): an offset is accepted that lies after the newest one, or at the newest
 * position with another memory (one of several transactions with one commit SCN, a step of a snapshot). Where the source's positions are
 * partly ordered, one that cannot be compared with the newest is accepted too, unless it lies at or before any position reached so far.
 */
export class Frontier {
  readonly #positions: PositionCodec
  #newest: Offset | null = null
  /** What was reached and is neither before the newest nor after it. */
  #beside: readonly Position[] = []

  constructor(positions: PositionCodec) {
    this.#positions = positions
  }

  get newest(): Offset | null {
    return this.#newest
  }

  /** From the stored offset on; null: nothing is stored. */
  restart(stored: Offset | null): void {
    this.#newest = stored
    this.#beside = []
  }

  /** Of a commit. Throws OFFSET_BACKWARDS. */
  advance(offset: Offset): void {
    const conflict = this.#conflict(offset)
    if (conflict !== null) throw backwards(offset.position, conflict, this.#positions)
    this.#accept(offset)
  }

  /** Of progress, which may repeat what is known: false where it says nothing new. */
  advanceIfNew(offset: Offset): boolean {
    if (this.#conflict(offset) !== null) return false
    this.#accept(offset)
    return true
  }

  #conflict(offset: Offset): Conflict | null {
    const newest = this.#newest
    if (newest === null) return null
    const order = this.#positions.compare(offset.position, newest.position)
    if (order === 'after') return null
    const conflict = { order, reached: newest.position }
    if (order === 'same') return isDeepStrictEqual(offset.memory, newest.memory) ? conflict : null
    if (order === 'before' || this.#positions.order === 'total') return conflict
    for (const reached of this.#beside) {
      const beside = this.#positions.compare(offset.position, reached)
      if (beside === 'before' || beside === 'same') return { order: beside, reached }
    }
    return null
  }

  #accept(offset: Offset): void {
    const newest = this.#newest
    this.#newest = offset
    if (newest === null || this.#positions.order === 'total') return
    const isBeside = (reached: Position) => this.#positions.compare(reached, offset.position) === 'unordered'
    this.#beside = [...this.#beside, newest.position].filter(isBeside)
  }
}

function backwards(given: Position, { order, reached }: Conflict, positions: PositionCodec): OffbeatError {
  const [short, last] = [positions.short(given), positions.short(reached)]
  return new OffbeatError('OFFSET_BACKWARDS', {
    message: `the log returned a transaction that ends at ${short}, which is not after ${last}`,
    found: `${short} (${order})`,
    expected: `a position after ${last}`,
    details: { given: positions.text(given), newest: positions.text(reached) },
  })
}
