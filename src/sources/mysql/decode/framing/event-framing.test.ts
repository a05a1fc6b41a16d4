import fc from 'fast-check'
import { expect, test } from 'vitest'
import { binlogRecording } from '../../../../../test/support/binlog-recording.ts'
import { MessageFramer } from '../../../stream/message-framer.ts'
import { EVENT_FRAMING } from './event-framing.ts'

const events = binlogRecording('mysql')
const stream = Buffer.concat(events)

function framed(chunks: readonly Buffer[]): { readonly found: Buffer[]; readonly pending: number } {
  const framer = new MessageFramer(EVENT_FRAMING)
  const found: Buffer[] = []
  for (const chunk of chunks) {
    framer.push(chunk)
    while (framer.advance()) found.push(Buffer.from(framer.bytes.subarray(framer.start, framer.end)))
  }
  return { found, pending: framer.pending }
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const cuts = [0, ...at.toSorted((a, b) => a - b), bytes.length]
  return cuts.slice(1).map((end, i) => bytes.subarray(cuts[i], end))
}

test('chunks that end anywhere give the same events', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length), { maxLength: 40 }), (cuts) => {
      expect(framed(cut(stream, cuts))).toEqual({ found: events, pending: 0 })
    }),
    { numRuns: 100 },
  )
})

test('one byte at a time gives the same events', () => {
  const bytes = Array.from({ length: 3000 }, (_, i) => stream.subarray(i, i + 1))
  const { found, pending } = framed(bytes)
  expect(found).toEqual(events.slice(0, found.length))
  expect(pending).toBe(3000 - Buffer.concat(found).length)
  expect(found.length).toBeGreaterThan(10)
})

test('an event within one chunk is not copied', () => {
  const framer = new MessageFramer(EVENT_FRAMING)
  framer.push(stream)
  expect(framer.advance()).toBe(true)
  expect(framer.bytes).toBe(stream)
})

test.each([0, 18, 0xffff_ffff])('a size of %i bytes is refused', (size) => {
  const broken = Buffer.from(stream)
  broken.writeUInt32LE(size, 9)
  expect(() => framed([broken])).toThrow(expect.objectContaining({ code: 'DATABASE_STREAM_BROKEN' }))
})

test('the rest of a chunk is not lost silently', () => {
  const framer = new MessageFramer(EVENT_FRAMING)
  framer.push(stream)
  expect(() => framer.push(stream)).toThrow(expect.objectContaining({ code: 'DEFECT' }))
})
