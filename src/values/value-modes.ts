/**
 * How values of types that most databases have are written, under Debezium's option names in camel case. A source adds options for its own
 * types. `iso8601` is our own form, which Debezium does not have. Every other mode means the same as in Debezium.
 */
export interface ValueModes {
  readonly decimalHandlingMode: DecimalHandlingMode
  readonly timePrecisionMode: TimePrecisionMode
  readonly binaryHandlingMode: BinaryHandlingMode
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
export const BINARY_HANDLING_MODES = ['base64', 'bytes', 'base64-url-safe', 'hex'] as const

export type DecimalHandlingMode = (typeof DECIMAL_HANDLING_MODES)[number]
export type TimePrecisionMode = (typeof TIME_PRECISION_MODES)[number]
export type BinaryHandlingMode = (typeof BINARY_HANDLING_MODES)[number]

export const DEFAULT_VALUE_MODES: ValueModes = {
  decimalHandlingMode: 'string',
  timePrecisionMode: 'iso8601',
  binaryHandlingMode: 'base64',
}
