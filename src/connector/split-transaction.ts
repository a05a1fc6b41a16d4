import { OffbeatError } from '../model/error.ts'
import { type TransactionFacts, transactionName } from './transaction-facts.ts'

/**
 * Follows the transactions that are larger than a batch, for the case that the log ends one with a rollback. A part that was written cannot
 * be taken back, but a new lane drops it. The transaction is then read again, and its changes are withheld.
 */
export class SplitTransaction {
  #isPartWritten = false
  /** The transaction that was rolled back the last time. null: none. */
  #withheld: string | null = null

  /** There is a new lane. */
  restart(): void {
    this.#isPartWritten = false
  }

  /** The lane was given a part of the open transaction. */
  written(): void {
    this.#isPartWritten = true
  }

  /** Whether the open transaction's changes must not be written. */
  isWithheld(open: TransactionFacts | null): boolean {
    return this.#withheld !== null && this.#withheld === nameOf(open)
  }

  /** Throws if the transaction must be read again. */
  rolledBack(open: TransactionFacts | null): void {
    this.#withheld = this.#isPartWritten ? nameOf(open) : null
    if (!this.#isPartWritten) return
    this.#isPartWritten = false
    throw readAgain(nameOf(open), 'it was rolled back after a part of it was given to the sink')
  }

  /** Throws if the transaction must be read again. */
  committed(open: TransactionFacts | null): void {
    this.#isPartWritten = false
    if (!this.isWithheld(open)) return
    this.#withheld = null
    throw readAgain(nameOf(open), 'it was rolled back before, and is committed now')
  }
}

function nameOf(open: TransactionFacts | null): string | null {
  return open && transactionName(open)
}

function readAgain(transaction: string | null, found: string): OffbeatError {
  return new OffbeatError('TRANSACTION_READ_AGAIN', {
    message: `the transaction ${transaction ?? 'without a name'} must be read again: ${found}`,
    found,
    expected: 'a transaction that is committed, or is rolled back before any part of it was given to the sink',
    details: { transaction },
  })
}
