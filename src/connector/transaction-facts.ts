/** What all messages of one transaction share. */
export interface TransactionFacts {
  readonly transaction: string | null
  readonly committedAtMs: number | null
  /** When the connector took it up, for the envelope's own `ts_ms`. */
  readonly takenAtMs: number
  /** What the database's clock gives beyond the millisecond, 0 to 999. */
  readonly committedAtRestUs?: number
  /** Where the transaction before it ended, in the unit of the first place field. */
  readonly after?: string
}
