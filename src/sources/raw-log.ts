import type { JsonObject } from '../model/json.ts'
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
  readonly change: RawChange | null
  /** For the end of a transaction. */
  readonly end: RawEnd | null
}

export interface RawChange {
  readonly table: string
  readonly op: Op
  /** Absent: one. */
  readonly rows?: number
}

/** What an offset after the transaction consists of. */
export interface RawEnd {
  /** The position as text. */
  readonly position: string
  /** Absent: as in the offset before the transaction. */
  readonly memory?: JsonObject
}

/** Receives the messages in order. */
export type RawTap = (message: RawMessage) => void
