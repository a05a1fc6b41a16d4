import { z } from 'zod'
import {
  BINARY_HANDLING_MODES,
  DECIMAL_HANDLING_MODES,
  DEFAULT_VALUE_MODES,
  HSTORE_HANDLING_MODES,
  INTERVAL_HANDLING_MODES,
  TIME_PRECISION_MODES,
} from '../values/value-modes.ts'
import { choice, toggle } from './scalar-schema.ts'

/** The `envelope` of a source: the options of Debezium that change the form of messages, in camel case. */
export function envelopeSchema() {
  const modes = DEFAULT_VALUE_MODES
  return z.strictObject({
    tombstonesOnDelete: toggle()
      .prefault(false)
      .describe('Follow each delete with a message of the same key without a value. Debezium: tombstones.on.delete.'),
    provideTransactionMetadata: toggle()
      .prefault(false)
      .describe('Fill the block `transaction` of each message. Debezium: provide.transaction.metadata.'),
    decimalHandlingMode: choice(DECIMAL_HANDLING_MODES)
      .prefault(modes.decimalHandlingMode)
      .describe(
        'How numeric is written: as exact decimal text, as a number, or as the base64 of its unscaled value. Debezium: decimal.handling.mode.',
      ),
    timePrecisionMode: choice(TIME_PRECISION_MODES)
      .prefault(modes.timePrecisionMode)
      .describe(
        'How dates and times are written: iso8601 is text with every digit, the others are the modes of Debezium: time.precision.mode, there adaptive by default.',
      ),
    intervalHandlingMode: choice(INTERVAL_HANDLING_MODES)
      .prefault(modes.intervalHandlingMode)
      .describe(
        'How intervals are written: iso8601 is the text of PostgreSQL, numeric is microseconds, string has all fields. Debezium: interval.handling.mode, there numeric by default.',
      ),
    binaryHandlingMode: choice(BINARY_HANDLING_MODES)
      .prefault(modes.binaryHandlingMode)
      .describe(
        'How bytea is written. Debezium: binary.handling.mode, there bytes by default, which is base64 in JSON.',
      ),
    hstoreHandlingMode: choice(HSTORE_HANDLING_MODES)
      .prefault(modes.hstoreHandlingMode)
      .describe(
        'How hstore is written: text is the text of PostgreSQL, json is a JSON object in a string, map is an object. Debezium: hstore.handling.mode, there json by default.',
      ),
  })
}
