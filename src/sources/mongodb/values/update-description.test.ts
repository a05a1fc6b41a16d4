import { BSON } from 'mongodb'
import { expect, test } from 'vitest'
import { written } from '../../../../test/support/bson-text.ts'
import { documentWriters } from './document-form.ts'

const write = (description: BSON.Document, form: 'debezium' | 'relaxed' | 'canonical' = 'debezium') =>
  written(documentWriters(form).updateDescription, BSON.serialize(description))

test("the fields that were set are text as Debezium's, with a space after each comma", () => {
  const updatedFields = { 'a.b': 1, c: BSON.Long.fromNumber(5), d: [1, new BSON.Double(2)], at: new Date(50) }
  const text = '{"a.b": 1, "c": 5, "d": [1, 2.0], "at": {"$date": "1970-01-01T00:00:00.05Z"}}'
  expect(write({ updatedFields, removedFields: [], truncatedArrays: [] })).toBe(
    `{"removedFields":null,"updatedFields":${JSON.stringify(text)},"truncatedArrays":null}`,
  )
})

test('the other forms write them like documents', () => {
  const description = { updatedFields: { a: 1, b: [2] } }
  expect(JSON.parse(write(description, 'relaxed')).updatedFields).toBe('{"a":1,"b":[2]}')
  expect(JSON.parse(write(description, 'canonical')).updatedFields).toBe(
    '{"a":{"$numberInt":"1"},"b":[{"$numberInt":"2"}]}',
  )
})

test('removed fields are names, and truncated arrays have a name and a size', () => {
  const description = {
    removedFields: ['a.b', 'with "quotes"'],
    updatedFields: {},
    truncatedArrays: [
      { field: 'list', newSize: 2 },
      { newSize: BSON.Long.fromNumber(3), other: 1, field: 'more' },
    ],
    disambiguatedPaths: { 'a.b': ['a', 'b'] },
  }
  expect(write(description)).toBe(
    '{"removedFields":["a.b","with \\"quotes\\""],"updatedFields":"{}","truncatedArrays":[{"field":"list","size":2},{"field":"more","size":3}]}',
  )
})

test('what the description does not have is null', () => {
  expect(write({})).toBe('{"removedFields":null,"updatedFields":null,"truncatedArrays":null}')
})

test.each([
  [{ removedFields: [1] }, 'a removed field that is not given by its name'],
  [{ truncatedArrays: [1] }, 'a truncated array that is not given as a document'],
  [{ truncatedArrays: [{ field: 'a' }] }, 'a truncated array without its name or its size'],
  [{ truncatedArrays: [{ newSize: 1 }] }, 'a truncated array without its name or its size'],
  [{ truncatedArrays: [{ field: 'a', newSize: 'b' }] }, 'a truncated array whose size is not a whole number'],
])('%j is refused', (description, found) => {
  expect(() => write(description)).toThrow(
    expect.objectContaining({ code: 'MONGODB_DOCUMENT_INVALID', found: expect.stringContaining(found) }),
  )
})
