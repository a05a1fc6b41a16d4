import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MessageFramer } from '../../stream/message-framer.ts'
import { FRAMING, kindOf } from './message-framing.ts'

interface Plain {
  readonly kind: number
  readonly body: Buffer
}

function encode(messages: readonly Plain[]): Buffer {
  const parts = messages.map(({ kind, body }) => {
    const header = Buffer.alloc(5)
    header[0] = kind
    header.writeUInt32BE(body.length + 4, 1)
    return Buffer.concat([header, body])
  })
  return Buffer.concat(parts)
}

function decode(chunks: readonly Buffer[]): Plain[] {
  const framer = new MessageFramer(FRAMING)
  const messages: Plain[] = []
  for (const chunk of chunks) {
    framer.push(chunk)
    while (framer.advance()) {
      messages.push({ kind: kindOf(framer), body: Buffer.from(framer.bytes.subarray(framer.start, framer.end)) })
    }
  }
  return messages
}

test('messages come out as they went in, wherever the bytes are cut', () => {
  const message = fc.record({
    kind: fc.integer({ min: 1, max: 255 }),
    body: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  })
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.nat(400), { maxLength: 10 }), (messages, cuts) => {
      const bytes = encode(messages)
      const ends = [0, ...cuts.filter((cut) => cut < bytes.length), bytes.length].sort((a, b) => a - b)
      const chunks = ends.slice(1).map((end, index) => bytes.subarray(ends[index] ?? 0, end))
      expect(decode(chunks)).toEqual(messages)
    }),
  )
})

test('one byte at a time', () => {
  const messages = [
    { kind: 100, body: Buffer.from('hello') },
    { kind: 67, body: Buffer.alloc(0) },
  ]
  expect(decode(Array.from(encode(messages), (byte) => Buffer.from([byte])))).toEqual(messages)
})

test.each([0, 3, 0xffff_ffff])('a length of %d is an error, not a hang', (length) => {
  const bytes = Buffer.alloc(9)
  bytes[0] = 100
  bytes.writeUInt32BE(length, 1)
  expect(() => decode([bytes])).toThrow(expect.objectContaining({ code: 'DATABASE_STREAM_BROKEN' }))
  expect(() => decode([bytes.subarray(0, 3), bytes.subarray(3)])).toThrow(
    expect.objectContaining({ code: 'DATABASE_STREAM_BROKEN' }),
  )
})

test('bytes that were not used up are never thrown away', () => {
  const framer = new MessageFramer(FRAMING)
  const bytes = encode([
    { kind: 87, body: Buffer.alloc(3) },
    { kind: 100, body: Buffer.from('first') },
  ])
  framer.push(bytes)
  framer.advance()
  expect(() => framer.push(Buffer.from('next'))).toThrow(expect.objectContaining({ code: 'DEFECT' }))
})
