import fc from 'fast-check'
import { BSON } from 'mongodb'
import { expect, test } from 'vitest'
import {
  changeEvent,
  cursorReply,
  decodeReply,
  eventLine,
  streamDecoder,
  tokenOf,
} from '../../../../test/support/change-stream-reply.ts'
import { soaking } from '../../../../test/support/environment.ts'
import { OffbeatError } from '../../../model/error.ts'
import type { LogEvent } from '../../../model/log-event.ts'

/* Replies with changed bytes: each is decoded, or refused with an error of the right kind, and no row is outside of its bytes. */

const runs = { numRuns: soaking ? 500_000 : 1500 }
const REFUSALS = ['MONGODB_EVENT_INVALID', 'MONGODB_DOCUMENT_INVALID', 'TEXT_NOT_UTF8']

const ns = { db: 'shop', coll: 'orders' }
const key = { ns, documentKey: { _id: 1 } }
const lsid = { id: new BSON.UUID('01234567-89ab-cdef-0123-456789abcdef'), uid: new BSON.Binary(Buffer.alloc(32)) }
const updateDescription = {
  updatedFields: { a: 2 },
  removedFields: ['b'],
  truncatedArrays: [{ field: 'c', newSize: 1 }],
}
const CONTENTS: readonly BSON.Document[] = [
  { operationType: 'insert', ...key, fullDocument: { _id: 1, text: 'a' } },
  { operationType: 'update', ...key, updateDescription, fullDocument: null, lsid, txnNumber: BSON.Long.fromNumber(1) },
  { operationType: 'update', ...key, ns: { db: 'streamkap', coll: 'streamkap_heartbeat' }, updateDescription },
  { operationType: 'delete', ...key, fullDocumentBeforeChange: { _id: 1 }, wallTime: new Date(5) },
  { operationType: 'rename', ns, to: ns },
  { operationType: 'insert', ...key, splitEvent: { fragment: 1, of: 2 } },
]
const REPLY = cursorReply({
  events: [
    ...CONTENTS.map((fields, i) => changeEvent({ seconds: 10 + i, fields })),
    changeEvent({ seconds: 15, rest: 1, fields: { fullDocument: {}, splitEvent: { fragment: 2, of: 2 } } }),
    changeEvent({ seconds: 16, fields: { operationType: 'invalidate' } }),
  ],
  token: { _data: tokenOf(17) },
})

/** The lines of what was decoded, and the code of the error at which it stopped. */
function outcome(reply: Uint8Array): { readonly lines: readonly string[]; readonly refused: string | null } {
  const into: LogEvent[] = []
  const lines: string[] = []
  try {
    decodeReply(streamDecoder(), reply, into)
    return { lines: into.map(eventLine), refused: null }
  } catch (thrown) {
    if (!(thrown instanceof OffbeatError)) throw thrown
    return { lines, refused: thrown.code }
  } finally {
    for (const event of into) {
      if (event.type !== 'change') continue
      for (const row of [event.before, event.after]) {
        for (const at of row?.spans ?? []) expect(at).toBeLessThanOrEqual(row?.bytes.length ?? 0)
      }
    }
  }
}

test('the whole reply is decoded', () => {
  const { lines, refused } = outcome(REPLY)
  expect(refused).toBeNull()
  expect(lines.filter((line) => /^[cud] /.test(line)).length).toBe(4)
  expect(lines.at(-1)).toBe(`commit 15.1/${tokenOf(15, 1, 1)}`)
})

test('changed bytes give events or a classified error', () => {
  const change = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) })
  let refusals = 0
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const reply = Uint8Array.from(REPLY)
      for (const { at, byte } of changes) reply[at % reply.length] = byte
      const { refused } = outcome(reply)
      if (refused === null) return
      refusals++
      expect(REFUSALS).toContain(refused)
    }),
    runs,
  )
  expect(refusals).toBeGreaterThan(0)
})

test('a reply that is cut short anywhere is refused', () => {
  for (let length = 0; length < REPLY.length; length++) {
    expect(outcome(REPLY.slice(0, length)).refused).toBe('MONGODB_EVENT_INVALID')
  }
})
