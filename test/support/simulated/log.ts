import type { Offset, ServerIdentity } from '../../../src/model/offset.ts'
import { type SimulatedPositions, TOTAL } from './position.ts'

/** A committed transaction. `endAt` is the ordinal right after its commit. */
export interface SimulatedTransaction {
  readonly rows: readonly SimulatedRow[]
  /** The heartbeat row's new text, if this is a beat. `nonce` null: it is a job's beat. */
  readonly pulse: { readonly nonce: string | null } | null
  /** false: it changes only unwatched tables, and the stream does not contain it. */
  readonly watched: boolean
  readonly endAt: number
  readonly committedAtMs: number
}

export interface SimulatedRow {
  readonly op: 'c' | 'u' | 'd'
  readonly id: number
  /** The ordinal of the row's own record, which can be among those of other transactions. */
  readonly at: number
  readonly payloadBytes: number
}

export const SIMULATED_SERVER: ServerIdentity = { systemIdentifier: 'simulated' }

/**
 * The database's log, and the position that the server stores for us. Both survive a crash of our process. As in PostgreSQL, transactions are
 * delivered whole and in commit order although their records interleave. The confirmed position moves only by acknowledgement and never back.
 * A stream starts from the requested or the confirmed position, whichever is later, so a client that acknowledges too much loses changes.
 */
export class SimulatedLog {
  readonly transactions: SimulatedTransaction[] = []
  /** null: no position is stored yet. */
  confirmed: number | null = null
  /** The stream contains only what comes after this ordinal. */
  createdAt = 0
  head = 100
  /** Another server answers, and it does not have our log. */
  lost = false
  /** The stream does not include the heartbeat table. */
  beatsHidden = false
  readonly positions: SimulatedPositions

  constructor(positions: SimulatedPositions = TOTAL) {
    this.positions = positions
  }

  offsetAt(ordinal: number, by: Offset['moved']['by'], atMs: number): Offset {
    return { ...this.positions.at(ordinal), server: SIMULATED_SERVER, moved: { by, why: 'simulated', atMs } }
  }

  /** Writes the record of a row, in a transaction that is still open. */
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

  /** Another application writes to unwatched tables. */
  writeElsewhere(atMs: number): void {
    this.#append({ rows: [], pulse: null, watched: false, committedAtMs: atMs })
  }

  /** The next transaction after this ordinal that the stream contains. */
  nextAfter(ordinal: number): SimulatedTransaction | null {
    return this.transactions.find(({ watched, endAt }) => watched && endAt > ordinal) ?? null
  }

  #append(transaction: Omit<SimulatedTransaction, 'endAt'>): SimulatedTransaction {
    this.head += 2
    const committed = { ...transaction, endAt: this.head }
    this.transactions.push(committed)
    return committed
  }
}
