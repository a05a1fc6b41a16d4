import fc from 'fast-check'
import { BSON } from 'mongodb'
import { expect, test } from 'vitest'
import { randomDocument } from '../../../../test/support/random-document.ts'
import { ByteWriter } from '../../../model/byte-writer.ts'
import { STRICT } from './dialect.ts'
import { ExtendedJson } from './extended-json.ts'

function textOf(writer: ExtendedJson, bytes: Uint8Array): string {
  const to = new ByteWriter(64)
  writer.whole(bytes, 0, bytes.length, to)
  return to.bytes.toString('utf8', 0, to.length)
}

test('the text of a document does not depend on the documents before it', () => {
  fc.assert(
    fc.property(fc.array(randomDocument, { minLength: 1, maxLength: 4 }), fc.infiniteStream(fc.nat()), (all, picks) => {
      const writer = new ExtendedJson(STRICT)
      for (const pick of picks.take(40)) {
        const bytes = all[pick % all.length] ?? all[0] ?? new Uint8Array()
        expect(textOf(writer, bytes)).toBe(textOf(new ExtendedJson(STRICT), bytes))
      }
    }),
    { numRuns: 50 },
  )
})

test.each([
  ['is the start of the known one', { name: 1 }, { nam: 1 }],
  ['starts with the known one', { name: 1 }, { names: 1 }],
  ['differs in its last letter', { a_long_name: 1 }, { a_long_namf: 1 }],
  ['is empty', { x: 1 }, { '': 1 }],
  ['has letters that JSON escapes', { x: 1 }, { 'a"\\': 1 }],
  ['is not ASCII', { x: 1 }, { naïve: 1 }],
  ['is in another place', { a: 1, b: 2 }, { b: 1, a: 2 }],
])('a name that %s is written as it is', (_what, known, other) => {
  const writer = new ExtendedJson(STRICT)
  for (let i = 0; i < 40; i++) {
    expect(textOf(writer, BSON.serialize(known))).toBe(textOf(new ExtendedJson(STRICT), BSON.serialize(known)))
    expect(textOf(writer, BSON.serialize(other))).toBe(textOf(new ExtendedJson(STRICT), BSON.serialize(other)))
  }
  for (let i = 0; i < 40; i++)
    expect(textOf(writer, BSON.serialize(other))).toBe(textOf(new ExtendedJson(STRICT), BSON.serialize(other)))
})
