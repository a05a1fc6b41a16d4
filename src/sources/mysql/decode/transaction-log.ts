import { OffbeatError } from '../../../model/error.ts'
import type { ChangeEvent, LogEvent } from '../../../model/log-event.ts'
import type { Offset } from '../../../model/offset.ts'
import { copiedChange } from './copied-change.ts'
import { atEvent, type EventPosition, invalidEvent } from './framing/event-position.ts'
import type { Replay } from './replay.ts'
import type { StreamPosition } from './stream-position.ts'

/** How far the log has been read, in whole transactions. */
export interface ReachedPosition {
  readonly file: string | null
  /** The position in `file` after the last event. */
  readonly position: number
  /** The GTID of the transaction that ended here, if it has one. The prepare of an XA transaction is an end. */
  readonly gtids: readonly string[]
  /** The transactions that are prepared, and neither committed nor rolled back. null: there are none. */
  readonly prepared: PreparedTransactions | null
}

export interface PreparedTransactions {
  /** An offset before all of them. */
  readonly since: Offset
  /** The GTIDs of those that have one. */
  readonly gtids: readonly string[]
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
  readonly memoryBytes: number
  readonly since: Offset
}

/** The limit on the memory that the changes of prepared transactions take, objects included: some 200,000 small rows. */
const HELD_BYTES = 128 * 1024 * 1024

/**
 * Turns the transactions of the log into log events: begin, changes, commit. It does not handle bytes of binary log events.
 *
 * A transaction begins with its GTID (`announce`), with BEGIN (`begin`), or with both. It ends with `commit`. A GTID counts as read only at
 * the end of its transaction, or when it is prepared. The changes of an XA transaction are kept until it is committed or rolled back, since a prepared transaction
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
  /** The memory of all transactions that are prepared. */
  #preparedBytes = 0
  #heldXid = ''
  #since: StreamPosition = { file: null, position: 0 }
  #lastGtid: string | null = null
  /** null: there is none, or it is over. */
  #replay: Replay | null
  #isReplayed = false
  /** The GTIDs of transactions that were prepared at the stored offset and that the replay has not shown yet. */
  readonly #awaited: Set<string>
  /** What an offset has to remember now. undefined: it must be computed again. */
  #undecided: PreparedTransactions | null | undefined

  constructor(makeOffset: OffsetMaker, replay: Replay | null) {
    this.#makeOffset = makeOffset
    this.#replay = replay
    this.#awaited = new Set(replay?.gtids)
  }

  /** Whether the open transaction was delivered before. Of such a transaction, only rows that are then prepared are needed. */
  get isReplayed(): boolean {
    return this.#isReplayed
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
    this.#start(start.gtid, position)
  }

  #start(gtid: string | null, { file, offset }: EventPosition): void {
    this.#since = { file, position: offset }
    this.#isReplayed = this.#replay?.isRead(gtid, this.#since) ?? false
  }

  /** `atMs`: the event's time, used if the transaction was announced without one. */
  begin(atMs: number, position: EventPosition, into: LogEvent[]): void {
    if (this.#isOpen) throw invalidEvent(position, 'a transaction begins within another')
    if (this.#announced === null) this.#start(null, position)
    this.#announced = this.#startAt(atMs)
    this.#isOpen = true
    this.#changes = 0
    this.#pushBegin(this.#announced, into)
  }

  beginXa(xid: string, position: EventPosition): void {
    if (this.#isOpen) throw invalidEvent(position, 'a transaction begins within another')
    if (this.#announced === null) this.#start(null, position)
    this.#isOpen = true
    this.#held = []
    this.#heldXid = xid
    this.#heldBytes = 0
  }

  push(change: ChangeEvent, position: EventPosition, into: LogEvent[]): void {
    this.requireOpen(position)
    this.#changes++
    if (this.#held !== null) this.#hold(change, position)
    else if (!this.#isReplayed) into.push(change)
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
      this.#pushAll(held, into)
    }
    this.#pushCommit(reached, into)
  }

  #pushAll(changes: readonly ChangeEvent[], into: LogEvent[]): void {
    if (!this.#isReplayed) for (const change of changes) into.push(change)
  }

  /** Ends the transaction without any effect. A transaction that has changes is an error here. */
  rollback(reached: StreamPosition, position: EventPosition, into: LogEvent[]): void {
    if (!this.#isOpen) throw invalidEvent(position, 'a rollback without a transaction')
    if (this.#changes > 0) throw rolledBack(position)
    this.#pushCommit(reached, into)
  }

  /** Rolls back to a savepoint. This undoes later changes only in transactional tables, so it is an error if there are changes. */
  rollbackTo(position: EventPosition): void {
    if (this.#changes > 0) throw rolledBack(position)
  }

  /** Keeps the changes until the transaction is committed or rolled back. `reached`: the end of the event. */
  prepare(reached: StreamPosition, position: EventPosition, into: LogEvent[]): void {
    if (this.#held === null) throw invalidEvent(position, 'no XA transaction that could be prepared')
    const { gtid } = this
    const since = this.#replay?.since ?? this.#makeOffset(this.#reached([], this.#since), 'progress')
    this.#keep(this.#heldXid, { gtid, changes: this.#held, memoryBytes: this.#heldBytes, since })
    this.#end()
    this.#announced = null
    this.#progress(gtid === null || this.#isReplayed ? [] : [gtid], reached, into)
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
    if (this.#announced === null) this.#start(null, position)
    if (prepared === undefined && keep && !this.#isReplayed)
      throw atEvent(
        'MYSQL_XA_UNKNOWN',
        position,
        `the rows of an XA transaction that is committed lie before the position from which the log is read`,
      )
    this.#forget(xid)
    this.#pushBegin(this.#startAt(atMs), into)
    if (keep) this.#pushAll(prepared?.changes ?? [], into)
    this.#pushCommit(reached, into)
  }

  /** The offset after the open transaction, of which nothing more is decoded. */
  offsetAfter(reached: StreamPosition): Offset {
    return this.#makeOffset(this.#reached(this.gtid === null ? [] : [this.gtid], reached), 'commit')
  }

  /** Reports that everything up to `reached` was read. Does nothing within a transaction. */
  progress(reached: StreamPosition, into: LogEvent[]): void {
    if (!this.inTransaction) this.#progress([], reached, into)
  }

  #progress(gtids: readonly string[], reached: StreamPosition, into: LogEvent[]): void {
    this.#endReplay(reached)
    // The stored offset is after this position.
    if (this.#replay !== null) return
    into.push({ type: 'progress', offset: this.#makeOffset(this.#reached(gtids, reached), 'progress'), urgent: false })
  }

  #endReplay(reached: StreamPosition): void {
    if (this.#replay?.isOver(reached) !== true) return
    this.#replay = null
    this.#awaited.clear()
    this.#undecided = undefined
  }

  /** The server stopped while it wrote the open transaction, and rolled it back when it started again. */
  abandon(into: LogEvent[]): void {
    if (this.#isOpen && this.#held === null && !this.#isReplayed) into.push({ type: 'rollback' })
    this.#end()
    this.#announced = null
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
    if (this.#isReplayed) return
    into.push({
      type: 'begin',
      transaction: start.gtid,
      ...(start.gtid === null ? { name: this.#name } : {}),
      committedAtMs: start.committedAtMs,
      committedAtRestUs: start.committedAtRestUs,
      ...(this.#lastGtid === null ? {} : { after: this.#lastGtid }),
    })
  }

  #pushCommit(reached: StreamPosition, into: LogEvent[]): void {
    const { gtid } = this
    this.#lastGtid = gtid
    this.#end()
    this.#announced = null
    if (this.#isReplayed) return
    this.#endReplay(reached)
    const gtids = gtid === null ? [] : [gtid]
    into.push({ type: 'commit', offset: this.#makeOffset(this.#reached(gtids, reached), 'commit') })
  }

  #reached(gtids: readonly string[], { file, position }: StreamPosition): ReachedPosition {
    if (this.#undecided === undefined) this.#undecided = this.#undecidedNow()
    return { file, position, gtids, prepared: this.#undecided }
  }

  /**
   * On another server, new transactions can come while a stretch is read a second time. An offset after them must remember also what
   * this stretch has not shown yet.
   */
  #undecidedNow(): PreparedTransactions | null {
    const prepared = [...this.#prepared.values()]
    const since = this.#replay?.since ?? prepared[0]?.since
    if (since === undefined) return null
    return { since, gtids: [...this.#awaited, ...prepared.flatMap(({ gtid }) => gtid ?? [])] }
  }

  #end(): void {
    this.#isOpen = false
    this.#held = null
    this.#changes = 0
  }

  #keep(xid: string, prepared: Prepared): void {
    this.#forget(xid)
    this.#prepared.set(xid, prepared)
    this.#preparedBytes += prepared.memoryBytes
    if (prepared.gtid !== null) this.#awaited.delete(prepared.gtid)
  }

  #forget(xid: string): void {
    this.#undecided = undefined
    this.#preparedBytes -= this.#prepared.get(xid)?.memoryBytes ?? 0
    this.#prepared.delete(xid)
  }

  #hold(change: ChangeEvent, position: EventPosition): void {
    const { copy, memoryBytes } = copiedChange(change)
    this.#held?.push(copy)
    this.#heldBytes += memoryBytes
    const all = this.#preparedBytes + this.#heldBytes
    if (all <= HELD_BYTES) return
    throw new OffbeatError('MYSQL_XA_TOO_LARGE', {
      message: `cannot keep the rows of prepared XA transactions until they are decided: they take more than 128 MiB of memory`,
      found: `${this.#prepared.size + 1} transactions, ${all} bytes`,
      expected: 'at most 134,217,728 bytes',
      details: { file: position.file, offset: position.offset },
    })
  }
}

function rolledBack(position: EventPosition): OffbeatError {
  return atEvent('MYSQL_ROLLBACK_LOGGED', position, 'changes of watched tables were rolled back in the log')
}
