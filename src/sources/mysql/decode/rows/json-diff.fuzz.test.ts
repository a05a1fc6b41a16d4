import fc from 'fast-check'
import { expect, test } from 'vitest'
import { soaking } from '../../../../../test/support/environment.ts'
import { OffbeatError } from '../../../../model/error.ts'
import { EventCursor } from '../framing/event-cursor.ts'
import { applyJsonDiffs } from './json-diff.ts'
import { type JsonNode, jsonTreeBytes, parseJsonTree } from './json-tree.ts'

const POSITION = { file: 'binlog.000001', offset: 4, type: 39 }
const numRuns = soaking ? 20_000 : 400

const scalar = fc.oneof(
  fc.constantFrom(0, 1, 2).map((literal) => ({ kind: 4, data: Buffer.from([literal]) })),
  fc.uint8Array({ minLength: 2, maxLength: 2 }).map((data) => ({ kind: 5, data: Buffer.from(data) })),
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((data) => ({ kind: 8, data: Buffer.from(data) })),
  fc.uint8Array({ minLength: 8, maxLength: 8 }).map((data) => ({ kind: 11, data: Buffer.from(data) })),
  fc.string({ maxLength: 200 }).map((text) => ({ kind: 12, data: lengthAnd(Buffer.from(text)) })),
)

function lengthAnd(bytes: Buffer): Buffer {
  const length = bytes.length
  const prefix = length < 128 ? [length] : [(length & 0x7f) | 0x80, length >> 7]
  return Buffer.concat([Buffer.from(prefix), bytes])
}

const { tree } = fc.letrec<{ tree: JsonNode }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('tree'), { maxLength: 4 }).map((values) => ({
      kind: 'array' as const,
      entries: values.map((value) => ({ key: Buffer.alloc(0), value })),
    })),
    fc.dictionary(fc.string({ maxLength: 5 }), tie('tree'), { maxKeys: 4 }).map((members) => ({
      kind: 'object' as const,
      entries: Object.entries(members).map(([key, value]) => ({ key: Buffer.from(key), value })),
    })),
  ),
}))

test('a document that is written and read is the same', () => {
  fc.assert(
    fc.property(tree, (node) => {
      expect(parseJsonTree(jsonTreeBytes(node))).toEqual(node)
    }),
    { numRuns },
  )
})

/** The outcome for a document and its changes: new bytes, or the code of the error. */
function outcome(document: Buffer, diffs: Buffer): Buffer | string {
  try {
    return applyJsonDiffs(document, new EventCursor(POSITION, diffs, 0, diffs.length))
  } catch (error) {
    if (!(error instanceof OffbeatError)) throw error
    return error.code
  }
}

const path = fc.constantFrom('$', '$.a', '$[0]', '$.a[1]', '$."', '$.a.b', '$[99999999999]', 'a', '$..a', '$[1].x')
const diff = fc
  .tuple(
    fc.nat(3),
    path,
    fc.oneof(
      tree.map(jsonTreeBytes),
      fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
    ),
  )
  .map(([operation, text, value]) =>
    Buffer.concat([
      Buffer.from([operation, text.length]),
      Buffer.from(text),
      ...(operation === 2 ? [] : [Buffer.from([Math.min(value.length, 250)]), value.subarray(0, 250)]),
    ]),
  )

test('changed bytes of a document or of its changes give a document or MYSQL_EVENT_INVALID', () => {
  const damage = fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { maxLength: 3 })
  fc.assert(
    fc.property(tree, fc.array(diff, { maxLength: 3 }), damage, damage, (node, diffs, inDocument, inDiffs) => {
      const document = jsonTreeBytes(node)
      const changes = Buffer.concat(diffs)
      for (const { at, byte } of inDocument) document[at % document.length] = byte
      if (changes.length > 0) for (const { at, byte } of inDiffs) changes[at % changes.length] = byte
      const made = outcome(document, changes)
      if (typeof made === 'string') expect(made).toBe('MYSQL_EVENT_INVALID')
      // No value is there twice, so the result cannot be much larger than what it is made of.
      else expect(made.length).toBeLessThan(8 * (document.length + changes.length) + 64)
    }),
    { numRuns },
  )
})
