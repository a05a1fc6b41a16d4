import type { ErrorCode } from './error-code.ts'
import type { Fix } from './fix.ts'
import type { JsonObject } from './json.ts'
import type { Offset } from './offset.ts'
import type { Row, TableVersion } from './table.ts'

/** create, update, delete, read (snapshot), truncate. */
export type Op = 'c' | 'u' | 'd' | 'r' | 't'

export interface BeginEvent {
  readonly type: 'begin'
  /** The database's own id of the transaction; decimal digits where the source's `transactionIds` are numbers. */
  readonly transaction: string | null
  readonly committedAtMs: number | null
  /** What the database's clock gives beyond the millisecond, 0 to 999. */
  readonly committedAtRestUs?: number
  /** Where the transaction before it ended, as the first of the source's `placeFields` has it; absent: not known. */
  readonly after?: string
}

export interface ChangeEvent {
  readonly type: 'change'
  readonly table: TableVersion
  readonly op: Op
  readonly before: Row | null
  readonly after: Row | null
  /** The values of the source's `placeFields` for this row (PostgreSQL: `lsn`), in their order; one that is null or left out is written as null. */
  readonly place: readonly (number | bigint | string | null)[]
}

/** The heartbeat row passed by. The nonce is null when the row was changed by a job or another connector. */
export interface PulseEvent {
  readonly type: 'pulse'
  readonly nonce: string | null
  readonly committedAtMs: number | null
}

/**
 * The end of a transaction. Its offset lies after every one before it in the stream, or at the same position with another `memory`; or, where
 * the source's positions are partly ordered, beside what was reached. Anything else is refused as OFFSET_BACKWARDS.
 */
export interface CommitEvent {
  readonly type: 'commit'
  readonly offset: Offset
}

/**
 * Everything up to `offset` has been read though no row came of it. Given only while no transaction is open. One that says nothing new (it
 * lies before what was reached, or is the same) does nothing, except that the server may wait for the acknowledgement.
 */
export interface ProgressEvent {
  readonly type: 'progress'
  readonly offset: Offset
  /** The server waits for the acknowledgement (a shutdown). */
  readonly urgent: boolean
}

/** A changed table, a driver's own resume: something a person may want to know; the stream goes on. */
export interface NoticeEvent {
  readonly type: 'notice'
  readonly code: ErrorCode
  readonly details: JsonObject
  readonly fix?: readonly Fix[]
  /** What the ledger must say with the next offset that is stored, whichever that is (the proof of a promotion). */
  readonly ledger?: string
}

export type LogEvent = BeginEvent | ChangeEvent | PulseEvent | CommitEvent | ProgressEvent | NoticeEvent
