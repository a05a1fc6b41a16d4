import { z } from 'zod'
import { toggle } from './scalar-schema.ts'

/** The `envelope` of a source: the options of Debezium that change the form of messages, in camel case. */
export function envelopeSchema() {
  return z.strictObject({
    tombstonesOnDelete: toggle()
      .prefault(false)
      .describe('Follow each delete with a message of the same key without a value. Debezium: tombstones.on.delete.'),
    provideTransactionMetadata: toggle()
      .prefault(false)
      .describe('Fill the block `transaction` of each message. Debezium: provide.transaction.metadata.'),
  })
}
