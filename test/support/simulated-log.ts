import type { Offset, ServerIdentity } from '../../src/model/offset.ts'
import { type SimulatedPositions, TOTAL } from './simulated-positions.ts'

/** A committed transaction of the simulated database; `endAt` is the place right behind its commit. */
export interface SimulatedTransaction {
  readonly rows: readonly SimulatedRow[]
  /** The heartbeat row's new text, where this is a beat; null in `nonce`: a job's. */
  readonly pulse: { readonly nonce: string | null } | null
  /** false: of tables that nobody watches; the stream does not show it at all. */
  readonly watched: boolean
  readonly endAt: number
  readonly committedAtMs: number
}

export interface SimulatedRow {
  readonly id: number
  /** Where the row's own record lies: among those of other transactions. */
  readonly at: number
  readonly payloadBytes: number
}

export const SIMULATED_SERVER: ServerIdentity = { systemIdentifier: 'simulated' }

/**
 * The database's log and the place that the server keeps for us: what survives every crash of ours. As in PostgreSQL, transactions
 * are handed out whole and in commit order though their records interleave; the confirmed place moves by acknowledgement alone, never
 * back; and a stream starts from the later of the asked and the confirmed place, so that whoever acknowledges too much loses changes.
 */
export class SimulatedLog {
  readonly transactions: SimulatedTransaction[] = []
  /** null: nobody has made a slot. */
  confirmed: number | null = null
  /** What the slot shows begins here. */
  createdAt = 0
  head = 100
  /** Set when the log was purged past our place. */
  lost = false
  readonly positions: SimulatedPositions
  #lastRow = 0

  constructor(positions: SimulatedPositions = TOTAL) {
    this.positions = positions
  }

  offsetAt(place: number, by: Offset['moved']['by'], atMs: number): Offset {
    return { ...this.positions.at(place), server: SIMULATED_SERVER, moved: { by, why: 'simulated', atMs } }
  }

  /**
   * Several transactions whose rows' records interleave, committed in the order given. Every size is a number of rows; 0 is an empty
   * transaction. Returns them as committed.
   */
  commit(sizes: readonly number[], payloadBytes: number, atMs: number): readonly SimulatedTransaction[] {
    const rows: SimulatedRow[][] = sizes.map(() => [])
    for (let turn = 0; turn < Math.max(...sizes, 0); turn++) {
      for (const [index, size] of sizes.entries()) {
        if (turn < size) rows[index]?.push({ id: ++this.#lastRow, at: ++this.head, payloadBytes })
      }
    }
    return rows.map((ofOne) => this.#append({ rows: ofOne, pulse: null, watched: true, committedAtMs: atMs }))
  }

  /** The heartbeat row changes. */
  beat(nonce: string | null, atMs: number, watched = true): void {
    this.#append({ rows: [], pulse: { nonce }, watched, committedAtMs: atMs })
  }

  /** Somebody writes to tables that nobody watches. */
  writeElsewhere(atMs: number): void {
    this.#append({ rows: [], pulse: null, watched: false, committedAtMs: atMs })
  }

  /** The rows of everything committed up to `at` that our slot shows, in commit order. */
  rowsUpTo(at: number): readonly number[] {
    const shown = this.transactions.filter(({ endAt }) => endAt > this.createdAt && endAt <= at)
    return shown.flatMap(({ rows }) => rows.map(({ id }) => id))
  }

  /** Where the transactions that a stream from `from` would show begin and end. */
  get end(): number {
    return (
      this.transactions.findLast(({ watched, endAt }) => watched && endAt > this.createdAt)?.endAt ?? this.createdAt
    )
  }

  #append(transaction: Omit<SimulatedTransaction, 'endAt'>): SimulatedTransaction {
    this.head += 2
    const committed = { ...transaction, endAt: this.head }
    this.transactions.push(committed)
    return committed
  }
}
