/** What all messages of one transaction have in common. */
export interface TransactionFacts {
  readonly transaction: string | null
  /** How `offsets skip` names the transaction where it has no id. */
  readonly name?: string
  readonly committedAtMs: number | null
  /** When the connector received the transaction, for the envelope's own `ts_ms`. */
  readonly takenAtMs: number
  /** Microseconds of the commit time beyond the millisecond, 0 to 999. */
  readonly committedAtRestUs?: number
  /** Where the previous transaction ended, in the unit of the first position field. */
  readonly after?: string
}
