import type { Op } from '../model/log-event.ts'

/** One undecoded message of the log. */
export interface RawMessage {
  /** Valid only during the call. Empty: it is the rest of a transaction, which the server cannot send. */
  readonly bytes: Buffer
  /** The transaction that contains it; null: none. */
  readonly transaction: string | null
  /** true for the first message of a transaction. A transaction can come again; discard what came of it before. */
  readonly begins: boolean
  /** The table and the operation, as far as the first bytes of the message show them. */
  readonly change: { readonly table: string; readonly op: Op } | null
  /** For the end of a transaction: the position after it, as text. */
  readonly end: string | null
}

/** Receives the messages in order. */
export type RawTap = (message: RawMessage) => void
