import { expect, test } from 'vitest'
import { PacketFramer } from './packet-framer.ts'

const LONGEST = 0xff_ffff

/** A message as the protocol sends it: in packets. */
function packets(message: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0, number = 0; ; number++) {
    const part = message.subarray(at, at + LONGEST)
    const header = Buffer.alloc(4)
    header.writeUIntLE(part.length, 0, 3)
    header.writeUInt8(number % 256, 3)
    parts.push(header, part)
    at += part.length
    if (part.length < LONGEST) return Buffer.concat(parts)
  }
}

/** A byte that is 0, and an event of `size` bytes that says so. */
function eventOf(size: number): Buffer {
  const message = Buffer.alloc(1 + size, 'x')
  message[0] = 0
  message.writeUInt32LE(size, 1 + 9)
  return message
}

function framed(chunks: readonly Buffer[]): Buffer[] {
  const framer = new PacketFramer()
  const messages: Buffer[] = []
  for (const chunk of chunks) {
    framer.push(chunk)
    while (framer.advance()) messages.push(framer.bytes.subarray(framer.start, framer.end))
  }
  return messages
}

function cutBy(size: number, bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
  return chunks
}

test.each([
  ['shorter than a packet', LONGEST - 2],
  ['that ends with the packet, so that an empty one follows', LONGEST - 1],
  ['one byte longer than a packet', LONGEST],
  ['of three packets', 2 * LONGEST + 5],
])('puts an event together that is %s', (_, size) => {
  const message = eventOf(size)
  const after = eventOf(30)
  const bytes = Buffer.concat([packets(message), packets(after)])
  for (const chunks of [[bytes], cutBy(LONGEST - 3, bytes), cutBy(65_537, bytes)]) {
    const [first, second, ...more] = framed(chunks)
    expect(first?.equals(message)).toBe(true)
    expect(second?.equals(after)).toBe(true)
    expect(more).toEqual([])
  }
})

test('refuses packets that are longer than their event, and ones that have none', () => {
  const longer = Buffer.concat([eventOf(LONGEST), Buffer.alloc(10)])
  expect(() => framed([packets(longer)])).toThrow(/do not follow the protocol/)
  const wrong = eventOf(LONGEST)
  wrong[0] = 7
  expect(() => framed([packets(wrong)])).toThrow(/do not follow the protocol/)
})
