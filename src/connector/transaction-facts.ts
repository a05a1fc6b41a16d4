import type { BeginEvent } from '../model/log-event.ts'

/** What all messages of one transaction have in common. */
export interface TransactionFacts {
  readonly begin: BeginEvent
  /** When the connector received the transaction, for the envelope's own `ts_ms`. */
  readonly takenAtMs: number
}

/** The transaction's name in messages for people. null: the database gave it no id, and the source no name. */
export function transactionName({ begin }: TransactionFacts): string | null {
  return begin.transaction ?? begin.name ?? null
}
