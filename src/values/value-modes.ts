/**
 * How values are written, under the names of Debezium in camel case. `iso8601` and `text` are our own forms, which Debezium does not have; every
 * other mode means what it means there.
 */
export interface ValueModes {
  readonly decimalHandlingMode: DecimalHandlingMode
  readonly timePrecisionMode: TimePrecisionMode
  readonly intervalHandlingMode: IntervalHandlingMode
  readonly binaryHandlingMode: BinaryHandlingMode
  readonly hstoreHandlingMode: HstoreHandlingMode
}

export const DECIMAL_HANDLING_MODES = ['string', 'double', 'precise'] as const
export const TIME_PRECISION_MODES = [
  'iso8601',
  'adaptive',
  'adaptive_time_microseconds',
  'connect',
  'isostring',
  'microseconds',
  'nanoseconds',
] as const
export const INTERVAL_HANDLING_MODES = ['iso8601', 'numeric', 'string'] as const
export const BINARY_HANDLING_MODES = ['base64', 'bytes', 'base64-url-safe', 'hex'] as const
export const HSTORE_HANDLING_MODES = ['text', 'json', 'map'] as const

export type DecimalHandlingMode = (typeof DECIMAL_HANDLING_MODES)[number]
export type TimePrecisionMode = (typeof TIME_PRECISION_MODES)[number]
export type IntervalHandlingMode = (typeof INTERVAL_HANDLING_MODES)[number]
export type BinaryHandlingMode = (typeof BINARY_HANDLING_MODES)[number]
export type HstoreHandlingMode = (typeof HSTORE_HANDLING_MODES)[number]

export const DEFAULT_VALUE_MODES: ValueModes = {
  decimalHandlingMode: 'string',
  timePrecisionMode: 'iso8601',
  intervalHandlingMode: 'iso8601',
  binaryHandlingMode: 'base64',
  hstoreHandlingMode: 'text',
}
