import type { ByteWriter } from './byte-writer.ts'

/** A row's values as the server gave them: column i lies in `bytes` from `spans[2 * i]` to `spans[2 * i + 1]`. */
export interface Row {
  /** Shared with other rows of the same read; valid until the event's batch has been taken by the lane. */
  readonly bytes: Uint8Array
  /** Two numbers a column of the table version, then two for its `document`; a start below zero is one of the marks below. */
  readonly spans: readonly number[]
}

/** The value is NULL. */
export const SPAN_NULL = -1
/** The log left the value out because it did not change. */
export const SPAN_UNAVAILABLE = -2
/** The log does not have this column in this row image (a key-only image); the field is left out of the message. */
export const SPAN_ABSENT = -3

/** In place of a value that the log left out because it did not change; the name that consumers of Debezium know. */
export const UNAVAILABLE_VALUE = '__debezium_unavailable_value'

/** Writes one raw value (never NULL) as JSON. Throws OffbeatError when the bytes are not what the type allows. */
export type JsonWriter = (from: Uint8Array, start: number, end: number, to: ByteWriter) => void

export interface Column {
  readonly name: string
  /** The database's own name of the type, for people. */
  readonly type: string
  /** Part of the message's key: the primary key's columns. */
  readonly key: boolean
  readonly write: JsonWriter
  /** The JSON in place of a value that the log left out; absent: UNAVAILABLE_VALUE as a string. */
  readonly unavailable?: Buffer
}

export interface TableName {
  readonly database: string
  /** null where the database has no level between database and table (MySQL, MongoDB). */
  readonly schema: string | null
  readonly name: string
}

/** A table as it was in one stretch of the log. A new object whenever the columns, their types or the key change: encoders are compiled once for each. */
export interface TableVersion extends TableName {
  /** In their order. Beside a `document` only those of the key, whose values may lie within it. */
  readonly columns: readonly Column[]
  /**
   * Where a row is one value (a MongoDB document): writes it whole. `before` and `after` are then this value, and no object of the columns.
   * SPAN_NULL: the log has the key alone.
   */
  readonly document?: JsonWriter
}
