import type { Op } from '../../../model/log-event.ts'
import type { RawTap } from '../../raw-log.ts'
import { MessageCursor } from '../decode/message-cursor.ts'
import { readRelation } from '../decode/relation.ts'
import { lsnFromBigint, readLsn } from '../position.ts'

const BEGIN = 0x42
const COMMIT = 0x43
const RELATION = 0x52
const OPS: ReadonlyMap<number | undefined, Op> = new Map([
  [0x49, 'c'],
  [0x55, 'u'],
  [0x44, 'd'],
])
/** Offsets within a message: the end in a Commit, the transaction id in a Begin (see decoder.ts). */
const END_LSN_AT = 10
const XID_AT = 17
const COMMIT_LSN_AT = 1
/** Records of the log are aligned to this many bytes. */
const RECORD_ALIGNMENT = 8n
const NO_BYTES = Buffer.alloc(0)
const SHORTEST = { begin: XID_AT + 4, commit: END_LSN_AT + 8, row: 5 }

/** Identifies pgoutput messages by their first bytes alone, so that a message that cannot be decoded is passed on too. */
export class RawMessages {
  readonly tap: RawTap
  readonly #tables = new Map<number, string>()
  #transaction: string | null = null
  #commitAt = 0n

  constructor(tap: RawTap) {
    this.tap = tap
  }

  /** Returns true at the end of a transaction. */
  take(message: Buffer): boolean {
    const kind = message[0]
    if (kind === BEGIN && message.length >= SHORTEST.begin) {
      this.#transaction = String(message.readUInt32BE(XID_AT))
      this.#commitAt = message.readBigUInt64BE(COMMIT_LSN_AT)
    }
    if (kind === RELATION) this.#learn(message)
    const end =
      kind === COMMIT && message.length >= SHORTEST.commit ? { position: String(readLsn(message, END_LSN_AT)) } : null
    this.tap({
      bytes: message,
      transaction: this.#transaction,
      begins: kind === BEGIN,
      change: this.#change(message),
      end,
    })
    if (kind !== COMMIT) return false
    this.#transaction = null
    return true
  }

  /**
   * Reports that the rest of the open transaction is not sent. A stream that starts after the beginning of the transaction's commit record
   * (Begin has its position) sends nothing of the transaction.
   */
  leaveOut(): void {
    const end = { position: String(lsnFromBigint(this.#commitAt + RECORD_ALIGNMENT)) }
    this.tap({ bytes: NO_BYTES, transaction: this.#transaction, begins: false, change: null, end })
    this.#transaction = null
  }

  #change(message: Buffer) {
    const op = OPS.get(message[0])
    if (op === undefined || message.length < SHORTEST.row) return null
    const oid = message.readUInt32BE(1)
    return { op, table: this.#tables.get(oid) ?? `oid ${oid}` }
  }

  /** The description itself can be what cannot be decoded. Then the table is identified by its OID. */
  #learn(message: Buffer): void {
    try {
      const { oid, schema, name } = readRelation(new MessageCursor('R', message, 0, message.length))
      this.#tables.set(oid, `${schema}.${name}`)
    } catch {
      // The decoder reports this error.
    }
  }
}
