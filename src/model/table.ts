import type { ByteWriter } from './byte-writer.ts'

/** A row's values as the server sent them: column i is in `bytes` from `spans[2 * i]` to `spans[2 * i + 1]`. */
export interface Row {
  /** Shared with other rows of the same read. Valid until the lane has taken the event's batch. */
  readonly bytes: Uint8Array
  /**
   * Two numbers for each column of the table version, then two for its `document` and two for its `updateDescription`. A negative start is
   * one of the constants below.
   */
  readonly spans: readonly number[]
}

/** The value is NULL. */
export const SPAN_NULL = -1
/** The log left the value out because it did not change. */
export const SPAN_UNAVAILABLE = -2
/** The log does not have this column in this row image (a key-only image). The message leaves the field out. */
export const SPAN_ABSENT = -3

/** Written for a value that the log left out because it did not change. Consumers of Debezium know this text. */
export const UNAVAILABLE_VALUE = '__debezium_unavailable_value'

/** Writes one raw value (never NULL) as JSON. Throws OffbeatError when the bytes are not valid for the type. */
export type JsonWriter = (from: Uint8Array, start: number, end: number, to: ByteWriter) => void

export interface Column {
  readonly name: string
  /** The database's own name of the type, for people. */
  readonly type: string
  /** Whether the column is part of the message's key (the primary key). */
  readonly key: boolean
  readonly write: JsonWriter
  /** The JSON for a value that the log left out; absent: UNAVAILABLE_VALUE as a string. */
  readonly unavailable?: Buffer
}

export interface TableName {
  readonly database: string
  /** null where the database has no level between database and table (MySQL, MongoDB). */
  readonly schema: string | null
  readonly name: string
}

/**
 * A table as it was over one stretch of the log. Create a new object whenever the columns, their types or the key change: encoders are
 * compiled once for each object.
 */
export interface TableVersion extends TableName {
  /** The columns in order. With a `document`, only the key columns, whose values can lie within the document. */
  readonly columns: readonly Column[]
  /**
   * Set where a row is one value (a MongoDB document): writes all of it. `before` and `after` are then this value instead of an object of
   * the columns. SPAN_NULL: the log has only the key.
   */
  readonly document?: JsonWriter
  /**
   * Set with `document` where the log has an update as what it changed: writes the field `updateDescription`, from its span in `after`. The
   * field is null in a message whose span is SPAN_NULL, or that has no `after`.
   */
  readonly updateDescription?: JsonWriter
}
