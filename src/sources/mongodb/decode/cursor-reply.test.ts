import { BSON } from 'mongodb'
import { expect, test } from 'vitest'
import { cursorReply, tokenOf } from '../../../../test/support/change-stream-reply.ts'
import { eventAt, type ReplyEvents, readCursorReply } from './cursor-reply.ts'

function documentsOf({ bytes, starts }: ReplyEvents): BSON.Document[] {
  return starts.map((start) => BSON.deserialize(eventAt(bytes, start)))
}

test.each([true, false])('a reply has its events, its token and the id of the cursor (first batch: %s)', (first) => {
  const events = [{ a: 1 }, { b: [2] }, {}]
  const reply = readCursorReply(cursorReply({ events, token: { _data: tokenOf(12) }, cursorId: 2n ** 62n + 1n, first }))
  expect(documentsOf(reply.events)).toEqual(events)
  expect(reply.token).toMatchObject({ form: 'data', text: tokenOf(12) })
  expect(reply.cursorId).toBe(2n ** 62n + 1n)
})

test('the bytes of the reply can begin anywhere in their buffer', () => {
  const reply = cursorReply({ events: [{ a: 1 }], cursorId: -5n })
  const larger = new Uint8Array(reply.length + 10)
  larger.set(reply, 7)
  const { events, cursorId, token } = readCursorReply(larger.subarray(7, 7 + reply.length))
  expect(documentsOf(events)).toEqual([{ a: 1 }])
  expect(cursorId).toBe(-5n)
  expect(token).toBeNull()
})

test.each([
  [{ _data: 'not hexadecimal' }, '{"_data":"not hexadecimal"}'],
  [{ _data: tokenOf(1), more: 1 }, `{"_data":"${tokenOf(1)}","more":{"$numberInt":"1"}}`],
  [{}, '{}'],
])('the token %j is kept whole', (token, text) => {
  expect(readCursorReply(cursorReply({ token })).token).toMatchObject({ form: 'document', text })
})

test.each([
  ['no batch', { id: BSON.Long.ZERO }, 'no batch of events'],
  ['no id', { nextBatch: [] }, 'no id of the cursor'],
  ['an event that is no document', { nextBatch: [1], id: BSON.Long.ZERO }, 'an event that is not a document'],
])('a reply with %s is refused', (_what, reply, found) => {
  expect(() => readCursorReply(BSON.serialize(reply))).toThrow(
    expect.objectContaining({ code: 'MONGODB_EVENT_INVALID', found: expect.stringContaining(found) }),
  )
})
