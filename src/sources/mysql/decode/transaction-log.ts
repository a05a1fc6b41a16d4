import { OffbeatError } from '../../../model/error.ts'
import type { ChangeEvent, LogEvent } from '../../../model/log-event.ts'
import type { Offset } from '../../../model/offset.ts'
import { copiedChange } from './copied-change.ts'
import { atEvent, type EventPosition, invalidEvent } from './event-position.ts'

/** How far the log has been read, in whole transactions. */
export interface ReachedPosition {
  readonly file: string | null
  /** The position in `file` after the last event. */
  readonly position: number
  /** The GTIDs of the transactions that ended here: one, or those of an XA transaction's prepare and commit. */
  readonly gtids: readonly string[]
  /**
   * The start of the oldest prepared transaction that is neither committed nor rolled back. Its GTID has not been in any `gtids` yet. null:
   * there is none.
   */
  readonly preparedSince: StreamPosition | null
}

export interface StreamPosition {
  readonly file: string | null
  readonly position: number
}

/** What the first event of a transaction contains. */
export interface TransactionStart {
  readonly gtid: string | null
  readonly committedAtMs: number | null
  readonly committedAtRestUs: number
}

export interface OpenTransaction {
  /** Its GTID. Without one, the file and position where it begins. */
  readonly name: string
  readonly gtid: string | null
  readonly committedAtMs: number | null
}

/** Creates the offset. The position's GTIDs are added to the set. */
export type OffsetMaker = (position: ReachedPosition, by: 'commit' | 'progress') => Offset

interface Prepared {
  readonly gtid: string | null
  readonly changes: readonly ChangeEvent[]
  readonly bytes: number
  readonly since: StreamPosition
}

/** The limit on the memory that rows of prepared transactions use. */
const HELD_BYTES = 64 * 1024 * 1024

/**
 * Turns the transactions of the log into log events: begin, changes, commit. It does not handle bytes of binary log events.
 *
 * A transaction begins with its GTID (`announce`), with BEGIN (`begin`), or with both. It ends with `commit`. A GTID counts as read only at
 * the end of its transaction. The changes of an XA transaction are kept until it is committed or rolled back, since a prepared transaction
 * can still be rolled back.
 */
export class TransactionLog {
  readonly #makeOffset: OffsetMaker
  readonly #prepared = new Map<string, Prepared>()
  /** The start of the transaction whose GTID was read and that has not ended. */
  #announced: TransactionStart | null = null
  #isOpen = false
  #changes = 0
  /** The changes of an open XA transaction. */
  #held: ChangeEvent[] | null = null
  #heldBytes = 0
  #heldXid = ''
  #since: StreamPosition = { file: null, position: 0 }
  #lastGtid: string | null = null

  constructor(makeOffset: OffsetMaker) {
    this.#makeOffset = makeOffset
  }

  /** Whether a transaction has begun (with its GTID) and not ended. */
  get inTransaction(): boolean {
    return this.#isOpen || this.#announced !== null
  }

  /** Whether the BEGIN of a transaction was read and the transaction has not ended. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  get gtid(): string | null {
    return this.#announced?.gtid ?? null
  }

  /** The open transaction. null: none. */
  get open(): OpenTransaction | null {
    if (!this.inTransaction) return null
    const { gtid = null, committedAtMs = null } = this.#announced ?? {}
    return { name: gtid ?? this.#name, gtid, committedAtMs }
  }

  get #name(): string {
    const { file, position } = this.#since
    return `${file ?? ''}:${position}`
  }

  announce(start: TransactionStart, position: EventPosition): void {
    if (this.inTransaction) throw invalidEvent(position, 'a transaction begins within another')
    this.#announced = start
    this.#since = { file: position.file, position: position.offset }
  }

  /** `atMs`: the event's time, used if the transaction was announced without one. */
  begin(atMs: number, position: EventPosition, into: LogEvent[]): void {
    if (this.#isOpen) throw invalidEvent(position, 'a transaction begins within another')
    if (this.#announced === null) this.#since = { file: position.file, position: position.offset }
    this.#announced = this.#startAt(atMs)
    this.#isOpen = true
    this.#changes = 0
    this.#pushBegin(this.#announced, into)
  }

  beginXa(xid: string, position: EventPosition): void {
    if (this.#isOpen) throw invalidEvent(position, 'a transaction begins within another')
    if (this.#announced === null) this.#since = { file: position.file, position: position.offset }
    this.#isOpen = true
    this.#held = []
    this.#heldXid = xid
    this.#heldBytes = 0
  }

  push(change: ChangeEvent, position: EventPosition, into: LogEvent[]): void {
    this.requireOpen(position)
    this.#changes++
    if (this.#held === null) into.push(change)
    else this.#hold(change, position)
  }

  /** When the open transaction was committed. null: not known, or an XA transaction. */
  get committedAtMs(): number | null {
    return this.#announced?.committedAtMs ?? null
  }

  /** Whether this is an XA transaction, whose rows are delivered only after it is committed. */
  get isHeld(): boolean {
    return this.#held !== null
  }

  requireOpen(position: EventPosition): void {
    if (!this.#isOpen) throw invalidEvent(position, 'a row without a transaction')
  }

  /** `reached`: the end of the commit event. */
  commit(atMs: number, reached: StreamPosition, position: EventPosition, into: LogEvent[]): void {
    if (!this.#isOpen) throw invalidEvent(position, 'a commit without a transaction')
    if (this.#held !== null) {
      const held = this.#held
      this.#end()
      this.#pushBegin(this.#startAt(atMs), into)
      for (const change of held) into.push(change)
    }
    this.#pushCommit([this.gtid], reached, into)
  }

  /** Ends the transaction without any effect. A transaction that has changes is an error here. */
  rollback(reached: StreamPosition, position: EventPosition, into: LogEvent[]): void {
    if (!this.#isOpen) throw invalidEvent(position, 'a rollback without a transaction')
    if (this.#changes > 0) throw rolledBack(position)
    this.#pushCommit([this.gtid], reached, into)
  }

  /** Rolls back to a savepoint. This undoes later changes only in transactional tables, so it is an error if there are changes. */
  rollbackTo(position: EventPosition): void {
    if (this.#changes > 0) throw rolledBack(position)
  }

  /** Keeps the changes until the transaction is committed or rolled back. */
  prepare(position: EventPosition): void {
    if (this.#held === null) throw invalidEvent(position, 'no XA transaction that could be prepared')
    this.#prepared.set(this.#heldXid, {
      gtid: this.gtid,
      changes: this.#held,
      bytes: this.#heldBytes,
      since: this.#since,
    })
    this.#end()
    this.#announced = null
  }

  /** Commits a prepared transaction, or rolls it back if `keep` is false. */
  decide(
    xid: string,
    keep: boolean,
    atMs: number,
    reached: StreamPosition,
    position: EventPosition,
    into: LogEvent[],
  ): void {
    const prepared = this.#prepared.get(xid)
    if (prepared === undefined && keep)
      throw atEvent(
        'MYSQL_XA_UNKNOWN',
        position,
        `the rows of an XA transaction that is committed lie before the position from which the log is read`,
      )
    this.#prepared.delete(xid)
    this.#pushBegin(this.#startAt(atMs), into)
    if (keep) for (const change of prepared?.changes ?? []) into.push(change)
    this.#pushCommit([prepared?.gtid ?? null, this.gtid], reached, into)
  }

  /** The offset after the open transaction, of which nothing more is decoded. */
  offsetAfter(reached: StreamPosition): Offset {
    return this.#makeOffset(this.#reached(this.gtid === null ? [] : [this.gtid], reached), 'commit')
  }

  /** Reports that everything up to `reached` was read. Does nothing within a transaction. */
  progress(reached: StreamPosition, into: LogEvent[]): void {
    if (this.inTransaction) return
    into.push({ type: 'progress', offset: this.#makeOffset(this.#reached([], reached), 'progress'), urgent: false })
  }

  /** Throws if a transaction is open: it cannot continue in another file or after a restart of the server. */
  requireEnd(position: EventPosition): void {
    if (this.inTransaction) throw invalidEvent(position, 'the transaction before it does not end')
  }

  /** `atMs`: the event's time, used if the transaction was announced without one. */
  #startAt(atMs: number): TransactionStart {
    const start = this.#announced ?? { gtid: null, committedAtMs: null, committedAtRestUs: 0 }
    return start.committedAtMs === null ? { ...start, committedAtMs: atMs } : start
  }

  #pushBegin(start: TransactionStart, into: LogEvent[]): void {
    into.push({
      type: 'begin',
      transaction: start.gtid,
      ...(start.gtid === null ? { name: this.#name } : {}),
      committedAtMs: start.committedAtMs,
      committedAtRestUs: start.committedAtRestUs,
      ...(this.#lastGtid === null ? {} : { after: this.#lastGtid }),
    })
  }

  #pushCommit(ids: readonly (string | null)[], reached: StreamPosition, into: LogEvent[]): void {
    const gtids = ids.filter((id) => id !== null)
    this.#lastGtid = gtids.at(-1) ?? null
    this.#end()
    this.#announced = null
    into.push({ type: 'commit', offset: this.#makeOffset(this.#reached(gtids, reached), 'commit') })
  }

  #reached(gtids: readonly string[], { file, position }: StreamPosition): ReachedPosition {
    const [oldest = null] = [...this.#prepared.values()].map(({ since }) => since)
    return { file, position, gtids, preparedSince: oldest }
  }

  #end(): void {
    this.#isOpen = false
    this.#held = null
    this.#changes = 0
  }

  #hold(change: ChangeEvent, position: EventPosition): void {
    const { copy, bytes } = copiedChange(change)
    this.#held?.push(copy)
    this.#heldBytes += bytes
    const all = [...this.#prepared.values()].reduce((sum, one) => sum + one.bytes, this.#heldBytes)
    if (all <= HELD_BYTES) return
    throw new OffbeatError('MYSQL_XA_TOO_LARGE', {
      message: `cannot keep the rows of prepared XA transactions until they are decided: they take more than 64 MiB of memory`,
      found: `${this.#prepared.size + 1} transactions, ${all} bytes`,
      expected: 'at most 67,108,864 bytes',
      details: { file: position.file, offset: position.offset },
    })
  }
}

function rolledBack(position: EventPosition): OffbeatError {
  return atEvent('MYSQL_ROLLBACK_LOGGED', position, 'changes of watched tables were rolled back in the log')
}
