import { expect, test } from 'vitest'
import { decimalMode, envelopeSchema, timeMode } from './envelope-schema.ts'

test('a source offers the modes of its own types of values, and refuses those of another', () => {
  const schema = envelopeSchema({ decimalHandlingMode: decimalMode('NUMBER'), timePrecisionMode: timeMode() })
  expect(schema.parse({ decimalHandlingMode: 'precise' })).toEqual({
    tombstonesOnDelete: false,
    provideTransactionMetadata: false,
    decimalHandlingMode: 'precise',
    timePrecisionMode: 'iso8601',
  })
  expect(schema.safeParse({ hstoreHandlingMode: 'json' }).success).toBe(false)
  expect(envelopeSchema({}).safeParse({ decimalHandlingMode: 'precise' }).success).toBe(false)
})
