import fc from 'fast-check'
import { BSON } from 'mongodb'
import { expect, test } from 'vitest'
import { documentText, keyText } from '../../../../test/support/bson-text.ts'
import { soaking } from '../../../../test/support/environment.ts'
import { randomDocument } from '../../../../test/support/random-document.ts'
import { OffbeatError } from '../../../model/error.ts'
import { DOCUMENT_FORMS } from './document-form.ts'

/* Documents with changed bytes. What is read lies within others, so that reading beyond the end would be seen in the text. */

const runs = { numRuns: soaking ? 500_000 : 600 }
const REFUSALS = ['MONGODB_DOCUMENT_INVALID', 'TEXT_NOT_UTF8']

const change = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) })
const mutated = fc.tuple(randomDocument, fc.array(change, { minLength: 1, maxLength: 4 })).map(([bytes, changes]) => {
  const changed = Uint8Array.from(bytes)
  for (const { at, byte } of changes) changed[at % changed.length] = byte
  return changed
})

/** null: refused with an error of the right kind. */
function textOr(write: () => string): string | null {
  try {
    return write()
  } catch (thrown) {
    if (!(thrown instanceof OffbeatError)) throw thrown
    expect(REFUSALS).toContain(thrown.code)
    return null
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function acceptedByBson(bytes: Uint8Array): boolean {
  try {
    BSON.deserialize(bytes, { promoteValues: false, bsonRegExp: true })
    return true
  } catch (thrown) {
    // It knows the options of today's servers only.
    return thrown instanceof BSON.BSONError && thrown.message.includes('regular expression option')
  }
}

test('changed bytes give JSON or a classified error, and JSON only where bson accepts them', () => {
  fc.assert(
    fc.property(mutated, (bytes) => {
      for (const form of DOCUMENT_FORMS) {
        const text = textOr(() => documentText(form, bytes))
        if (text === null) continue
        expect(isJson(text)).toBe(true)
        expect(acceptedByBson(bytes)).toBe(true)
      }
    }),
    runs,
  )
})

test('a document that is cut short anywhere is refused', () => {
  fc.assert(
    fc.property(randomDocument, (bytes) => {
      for (let length = 0; length < bytes.length; length++) {
        const cut = bytes.slice(0, length)
        expect(textOr(() => documentText('canonical', cut))).toBeNull()
        // With a size and an end that fit.
        if (length < 5) continue
        new DataView(cut.buffer).setInt32(0, length, true)
        cut[length - 1] = 0
        const text = textOr(() => documentText('canonical', cut))
        if (text !== null) expect(isJson(text)).toBe(true)
      }
    }),
    { numRuns: soaking ? 5000 : 20 },
  )
})

test('random bytes as an element give JSON or a classified error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const text = textOr(() => keyText('debezium', bytes))
      if (text !== null) expect(isJson(text)).toBe(true)
    }),
    runs,
  )
})
