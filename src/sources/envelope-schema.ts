import { z } from 'zod'
import { choice, toggle } from './scalar-schema.ts'

/** The `envelope` of a source: the options of Debezium that change the form of messages, in camel case. */
export function envelopeSchema() {
  return z.strictObject({
    tombstonesOnDelete: toggle()
      .prefault(false)
      .describe('Follow each delete with a message of the same key without a value. Debezium: tombstones.on.delete.'),
    provideTransactionMetadata: toggle()
      .prefault(false)
      .describe('Fill the block `transaction` of each message. Debezium: provide.transaction.metadata.'),
    decimalHandlingMode: choice(['string', 'double', 'precise'])
      .prefault('string')
      .describe(
        'How numeric is written: as exact decimal text, as a number, or as the base64 of its unscaled value. Debezium: decimal.handling.mode.',
      ),
  })
}
