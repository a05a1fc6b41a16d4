import type { Op } from '../model/log-event.ts'

/** One message of the log as it came. */
export interface RawMessage {
  /** Lives only as long as the call. Empty: the rest of the transaction, which the server cannot send. */
  readonly bytes: Buffer
  /** The transaction that it belongs to; null: none. */
  readonly transaction: string | null
  /** The first of its transaction, which may come a second time: what came of it before no longer counts. */
  readonly begins: boolean
  /** What it does to which table, as far as its first bytes show it. */
  readonly change: { readonly table: string; readonly op: Op } | null
  /** The end of its transaction: the text of the position that lies behind it. */
  readonly end: string | null
}

/** Takes the messages in their order. */
export type RawTap = (message: RawMessage) => void
