import { z } from 'zod'
import {
  BINARY_HANDLING_MODES,
  DECIMAL_HANDLING_MODES,
  DEFAULT_VALUE_MODES,
  TIME_PRECISION_MODES,
} from '../values/value-modes.ts'
import { choice, toggle } from './scalar-schema.ts'

/**
 * The `envelope` of a source: the Debezium options that change the form of messages, in camel case. `modes`: the options for this source's
 * data types. Options that mean the same for every source come from `decimalMode`, `timeMode` and `binaryMode`.
 */
export function envelopeSchema<Modes extends z.core.$ZodLooseShape>(modes: Modes) {
  return z.strictObject({
    tombstonesOnDelete: toggle()
      .prefault(false)
      .describe('Follow each delete with a message of the same key without a value. Debezium: tombstones.on.delete.'),
    provideTransactionMetadata: toggle()
      .prefault(false)
      .describe('Fill the block `transaction` of each message. Debezium: provide.transaction.metadata.'),
    ...modes,
  })
}

/** `type`: the database's name for exact decimals. */
export function decimalMode(type: string) {
  return choice(DECIMAL_HANDLING_MODES)
    .prefault(DEFAULT_VALUE_MODES.decimalHandlingMode)
    .describe(
      `How ${type} is written: as exact decimal text, as a number, or as the base64 of its unscaled value. Debezium: decimal.handling.mode.`,
    )
}

export function timeMode() {
  return choice(TIME_PRECISION_MODES)
    .prefault(DEFAULT_VALUE_MODES.timePrecisionMode)
    .describe(
      'How dates and times are written: iso8601 is text with every digit, the others are the modes of Debezium: time.precision.mode, there adaptive by default.',
    )
}

/** `type`: the database's name for its binary types. */
export function binaryMode(type: string) {
  return choice(BINARY_HANDLING_MODES)
    .prefault(DEFAULT_VALUE_MODES.binaryHandlingMode)
    .describe(
      `How ${type} is written. Debezium: binary.handling.mode, there bytes by default, which is base64 in JSON.`,
    )
}
