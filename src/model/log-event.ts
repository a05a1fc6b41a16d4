import type { ErrorCode } from './error-code.ts'
import type { Fix } from './fix.ts'
import type { JsonObject } from './json.ts'
import type { Offset } from './offset.ts'
import type { Row, TableVersion } from './table.ts'

/** create, update, delete, read (snapshot), truncate. */
export type Op = 'c' | 'u' | 'd' | 'r' | 't'

export interface BeginEvent {
  readonly type: 'begin'
  /** The database's own id of the transaction. Decimal digits where the source's `transactionIds` are numbers. */
  readonly transaction: string | null
  /** How `offsets skip` names the transaction where it has no id. */
  readonly name?: string | undefined
  readonly committedAtMs: number | null
  /** Microseconds of the commit time beyond the millisecond, 0 to 999. */
  readonly committedAtRestUs?: number
  /** Where the previous transaction ended, in the form of the source's first `positionFields` entry; absent: not known. */
  readonly after?: string | undefined
}

export interface ChangeEvent {
  readonly type: 'change'
  readonly table: TableVersion
  readonly op: Op
  readonly before: Row | null
  readonly after: Row | null
  /** The values of the source's `positionFields` for this row (PostgreSQL: `lsn`), in order. A null or missing value is written as null. */
  readonly position: readonly (number | bigint | string | null)[]
}

/** The heartbeat row was read from the log. The nonce is null when a job or another connector changed the row. */
export interface PulseEvent {
  readonly type: 'pulse'
  readonly nonce: string | null
  readonly committedAtMs: number | null
}

/**
 * The end of a transaction. Its offset is after every earlier one in the stream, or at the same position with a different `memory`. Where
 * the source's positions are partially ordered, it can also be unordered with what was reached. Anything else is rejected as
 * OFFSET_BACKWARDS.
 */
export interface CommitEvent {
  readonly type: 'commit'
  readonly offset: Offset
}

/**
 * The open transaction was never committed: the server stopped while it wrote it, and rolled it back. Nothing of it is delivered. No offset
 * covers it until a later commit or progress does.
 */
export interface RollbackEvent {
  readonly type: 'rollback'
}

/**
 * Everything up to `offset` has been read, though it contained no rows. Sent only while no transaction is open. An offset that is not new
 * (it is before what was reached, or equal to it) has no effect, except that the server may wait for the acknowledgement.
 */
export interface ProgressEvent {
  readonly type: 'progress'
  readonly offset: Offset
  /** The server waits for the acknowledgement (during a shutdown), or the offset remembers what could not be learned again. */
  readonly urgent: boolean
}

/** Something that a person may want to know, such as a changed table or a driver that resumed by itself. The stream continues. */
export interface NoticeEvent {
  readonly type: 'notice'
  readonly code: ErrorCode
  readonly details: JsonObject
  /** What happened, to which object. Absent: the summary of the code says enough. */
  readonly message?: string
  readonly fix?: readonly Fix[]
  /** What the ledger must record with the next stored offset, whichever it is (the proof of a promotion). */
  readonly ledger?: string
}

export type LogEvent = BeginEvent | ChangeEvent | PulseEvent | CommitEvent | RollbackEvent | ProgressEvent | NoticeEvent
