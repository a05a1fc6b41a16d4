import { DEFAULT_VALUE_MODES, type ValueModes } from '../../../values/value-modes.ts'

/** Adds the modes of the types that only PostgreSQL has. `iso8601` and `text` are PostgreSQL's text, which Debezium does not offer. */
export interface PostgresqlModes extends ValueModes {
  readonly intervalHandlingMode: IntervalHandlingMode
  readonly hstoreHandlingMode: HstoreHandlingMode
}

export const INTERVAL_HANDLING_MODES = ['iso8601', 'numeric', 'string'] as const
export const HSTORE_HANDLING_MODES = ['text', 'json', 'map'] as const

export type IntervalHandlingMode = (typeof INTERVAL_HANDLING_MODES)[number]
export type HstoreHandlingMode = (typeof HSTORE_HANDLING_MODES)[number]

export const DEFAULT_MODES: PostgresqlModes = {
  ...DEFAULT_VALUE_MODES,
  intervalHandlingMode: 'iso8601',
  hstoreHandlingMode: 'text',
}
