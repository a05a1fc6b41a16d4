import fc from 'fast-check'
import { BSON } from 'mongodb'
import { expect, test } from 'vitest'
import { documentText } from '../../../../test/support/bson-text.ts'
import { soaking } from '../../../../test/support/environment.ts'
import { type Exact, parseExactly } from '../../../../test/support/exact-json.ts'
import { randomDocument } from '../../../../test/support/random-document.ts'

/* Random documents, compared with the package `bson`, which builds the document and then its text. */

const runs = { numRuns: soaking ? 100_000 : 200 }

function readWhole(bytes: Uint8Array): BSON.Document {
  return BSON.deserialize(bytes, { promoteValues: false, bsonRegExp: true })
}

function oracle(bytes: Uint8Array, relaxed: boolean): Exact {
  return parseExactly(BSON.EJSON.stringify(readWhole(bytes), { relaxed }))
}

type Member = readonly [string, Exact]

function entriesOf(value: Exact): readonly Member[] {
  return value !== null && typeof value === 'object' ? Object.entries(value) : []
}

/** The value under this name of an object that has no other names. */
function onlyMember(value: Exact, name: string): Exact | undefined {
  const entries = entriesOf(value)
  return entries.length === 1 && entries[0]?.[0] === name ? entries[0][1] : undefined
}

/** Applies a change to every object and number, from the inside out. */
function mapped(value: Exact, change: (value: Exact) => Exact): Exact {
  if (Array.isArray(value)) return value.map((entry: Exact) => mapped(entry, change))
  if (value === null || typeof value !== 'object') return change(value)
  return change(Object.fromEntries(entriesOf(value).map(([name, member]) => [name, mapped(member, change)])))
}

/** Doubles can be written in several ways, so their texts become numbers. */
function withNumbers(value: Exact): Exact {
  return mapped(value, (one) => {
    const text = onlyMember(one, '$numberDouble')
    return typeof text === 'string' && Number.isFinite(Number(text)) ? { $numberDouble: Number(text) } : one
  })
}

/** The legacy form of a canonical text. */
function strictOf(canonical: Exact): Exact {
  return mapped(canonical, (value) => {
    const int32 = onlyMember(value, '$numberInt')
    if (typeof int32 === 'string') return BigInt(int32)
    const double = onlyMember(value, '$numberDouble')
    if (typeof double === 'string' && Number.isFinite(Number(double))) return Number(double)
    const date = onlyMember(onlyMember(value, '$date') ?? null, '$numberLong')
    if (typeof date === 'string') return { $date: BigInt(date) }
    const [bytes, subtype] = entriesOf(onlyMember(value, '$binary') ?? null)
    if (bytes !== undefined && subtype !== undefined)
      return { $binary: bytes[1], $type: String(subtype[1]).toUpperCase() }
    const [pattern, options] = entriesOf(onlyMember(value, '$regularExpression') ?? null)
    if (pattern !== undefined && options !== undefined) return { $regex: pattern[1], $options: options[1] }
    return value
  })
}

test('the canonical text of a document is that of bson, and gives back its bytes', () => {
  fc.assert(
    fc.property(randomDocument, (bytes) => {
      const text = documentText('canonical', bytes)
      expect(withNumbers(parseExactly(text))).toEqual(withNumbers(oracle(bytes, false)))
      expect(Buffer.from(BSON.serialize(BSON.EJSON.parse(text, { relaxed: false })))).toEqual(
        Buffer.from(BSON.serialize(readWhole(bytes))),
      )
    }),
    runs,
  )
})

/** `bson` rounds what is beyond 2^53, and writes -0 as 0. */
function rounded(value: Exact): Exact {
  return mapped(value, (one) => (typeof one === 'bigint' || typeof one === 'number' ? Number(one) + 0 : one))
}

test('the relaxed text of a document is that of bson, save numbers that bson does not keep', () => {
  fc.assert(
    fc.property(randomDocument, (bytes) => {
      expect(rounded(withNumbers(parseExactly(documentText('relaxed', bytes))))).toEqual(
        rounded(withNumbers(oracle(bytes, true))),
      )
    }),
    runs,
  )
})

test("Debezium's text of a document is the canonical one in the legacy form", () => {
  fc.assert(
    fc.property(randomDocument, (bytes) => {
      expect(parseExactly(documentText('debezium', bytes))).toEqual(
        strictOf(parseExactly(documentText('canonical', bytes))),
      )
    }),
    runs,
  )
})
