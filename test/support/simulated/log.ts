import type { Offset, ServerIdentity } from '../../../src/model/offset.ts'
import { type SimulatedPositions, TOTAL } from './position.ts'

/** A committed transaction; `endAt` is the place right behind its commit. */
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
  readonly op: 'c' | 'u' | 'd'
  readonly id: number
  /** Where the row's own record is: among those of other transactions. */
  readonly at: number
  readonly payloadBytes: number
}

export const SIMULATED_SERVER: ServerIdentity = { systemIdentifier: 'simulated' }

/**
 * The database's log and the place that the server keeps for us: what survives every crash of ours. As in PostgreSQL, transactions
 * are handed out whole and in commit order though their records interleave; the confirmed place moves by acknowledgement alone, never
 * back; and a stream starts from the later of the asked and the confirmed place, so that a client that acknowledges too much loses changes.
 */
export class SimulatedLog {
  readonly transactions: SimulatedTransaction[] = []
  /** null: no position is kept yet. */
  confirmed: number | null = null
  /** What the stream shows begins here. */
  createdAt = 0
  head = 100
  /** Another server answers, which has no log of ours. */
  lost = false
  /** The heartbeat table is not part of what the stream shows. */
  beatsHidden = false
  readonly positions: SimulatedPositions

  constructor(positions: SimulatedPositions = TOTAL) {
    this.positions = positions
  }

  offsetAt(place: number, by: Offset['moved']['by'], atMs: number): Offset {
    return { ...this.positions.at(place), server: SIMULATED_SERVER, moved: { by, why: 'simulated', atMs } }
  }

  /** The record of a row, in a transaction that is still open. */
  row(op: SimulatedRow['op'], id: number, payloadBytes = 1): SimulatedRow {
    return { op, id, at: ++this.head, payloadBytes }
  }

  commit(rows: readonly SimulatedRow[], atMs: number): SimulatedTransaction {
    return this.#append({ rows, pulse: null, watched: true, committedAtMs: atMs })
  }

  /** The heartbeat row changes. */
  beat(nonce: string | null, atMs: number): void {
    this.#append({ rows: [], pulse: { nonce }, watched: !this.beatsHidden, committedAtMs: atMs })
  }

  /** Another application writes to tables that nobody watches. */
  writeElsewhere(atMs: number): void {
    this.#append({ rows: [], pulse: null, watched: false, committedAtMs: atMs })
  }

  /** The next transaction that the stream shows after this place. */
  nextAfter(place: number): SimulatedTransaction | null {
    return this.transactions.find(({ watched, endAt }) => watched && endAt > place) ?? null
  }

  #append(transaction: Omit<SimulatedTransaction, 'endAt'>): SimulatedTransaction {
    this.head += 2
    const committed = { ...transaction, endAt: this.head }
    this.transactions.push(committed)
    return committed
  }
}
