import { isDeepStrictEqual } from 'node:util'
import { OffbeatError } from '../model/error.ts'
import type { Offset } from '../model/offset.ts'
import type { Order, Position, PositionCodec } from '../model/position.ts'

interface Conflict {
  readonly order: Order
  /** The position that the offset conflicts with. */
  readonly reached: Position
}

/**
 * How far the log has been read. It never goes back (promise 4). An offset is accepted after the newest one, or at the newest position with
 * a different memory (one of several transactions with one commit SCN, a step of a snapshot). Where the source's positions are partially
 * ordered, an offset that cannot be compared with the newest is accepted too, unless it is before or at any position reached so far.
 */
export class Frontier {
  readonly #positions: PositionCodec
  #newest: Offset | null = null
  /** Positions reached so far that are neither before nor after the newest. */
  #beside: readonly Position[] = []

  constructor(positions: PositionCodec) {
    this.#positions = positions
  }

  get newest(): Offset | null {
    return this.#newest
  }

  /** Starts at the stored offset; null: none is stored. */
  restart(stored: Offset | null): void {
    this.#newest = stored
    this.#beside = []
  }

  /** Advances to the offset of a commit. Throws OFFSET_BACKWARDS. */
  advance(offset: Offset): void {
    const order = this.#orderOf(offset)
    const conflict = this.#conflict(offset, order)
    if (conflict !== null) throw backwards(offset.position, conflict, this.#positions)
    this.#accept(offset, order)
  }

  /** Advances to the offset of a progress event, which may repeat a known position. Returns false when it is not new. */
  advanceIfNew(offset: Offset): boolean {
    const order = this.#orderOf(offset)
    if (this.#conflict(offset, order) !== null) return false
    this.#accept(offset, order)
    return true
  }

  /** The order relative to the newest offset. */
  #orderOf({ position }: Offset): Order {
    return this.#newest === null ? 'after' : this.#positions.compare(position, this.#newest.position)
  }

  #conflict(offset: Offset, order: Order): Conflict | null {
    const newest = this.#newest
    if (newest === null || order === 'after') return null
    const conflict = { order, reached: newest.position }
    if (order === 'same') return isDeepStrictEqual(offset.memory, newest.memory) ? conflict : null
    if (order === 'before' || this.#positions.order === 'total') return conflict
    for (const reached of this.#beside) {
      const beside = this.#positions.compare(offset.position, reached)
      if (beside === 'before' || beside === 'same') return { order: beside, reached }
    }
    return null
  }

  #accept(offset: Offset, order: Order): void {
    const newest = this.#newest
    this.#newest = offset
    if (this.#beside.length > 0)
      this.#beside = this.#beside.filter((each) => this.#positions.compare(each, offset.position) === 'unordered')
    if (order === 'unordered' && newest !== null) this.#beside = [...this.#beside, newest.position]
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
