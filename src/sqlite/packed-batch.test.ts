import { describe, expect, it } from 'vitest'
import { batchOf, numbered } from '../../test/conformance/sample-batch.ts'
import type { Message } from '../model/message.ts'
import { type Chunk, chunkBatch } from './chunker.ts'
import { packBatch } from './packed-batch.ts'

const text = 'x'.repeat(5000)

function message(bytes: Uint8Array, topic = 't'): Message {
  return { topic, bytes, keyAt: 0, valueAt: 0, end: bytes.length, tsMs: 1 }
}

/** Packs the messages, transfers them like a worker's port does, and returns the chunks with their bodies as text. */
function handedOver(messages: readonly Message[], firstSeq = 1): (Omit<Chunk, 'body'> & { body: string })[] {
  const { packed, transfer } = packBatch(messages)
  const chunks: (Omit<Chunk, 'body'> & { body: string })[] = []
  const take = (chunk: Chunk): void => {
    chunks.push({ ...chunk, body: Buffer.from(chunk.body).toString() })
  }
  chunkBatch(structuredClone(packed, { transfer }), firstSeq, take)
  return chunks
}

describe('a packed batch', () => {
  it('hands a block of its own over without a copy', () => {
    const block = Buffer.allocUnsafeSlow(8192).subarray(0, 5000).fill('y')
    expect(handedOver([message(block)])[0]?.body).toBe('y'.repeat(5000))
    expect(block.buffer.byteLength).toBe(0)
  })

  it('leaves alone what is a slice of something else', () => {
    const whole = Buffer.allocUnsafeSlow(20_000).fill('z')
    const slice = whole.subarray(10_000)
    expect(handedOver([message(slice)])[0]?.body).toBe('z'.repeat(10_000))
    expect(whole.toString()).toBe('z'.repeat(20_000))
  })

  it('copies what the runtime’s pool owns', () => {
    const pooled = Buffer.from(text.slice(0, 50))
    expect(handedOver([message(pooled)])[0]?.body).toBe(text.slice(0, 50))
    expect(pooled.toString()).toBe(text.slice(0, 50))
  })

  it('sends a block once though many messages, also with views of their own, share it', () => {
    const block = Buffer.allocUnsafeSlow(5000).fill('q')
    const first = message(block)
    const chunks = handedOver([first, { ...first, keyAt: 10, valueAt: 10 }, message(block.subarray(0, 4500))])
    expect(chunks.map(({ body }) => body.length)).toEqual([5000 + 4990 + 4500])
  })
})

describe('chunks', () => {
  it('keep a topic together, and say where each message stood in the log', () => {
    const mixed = ['a', 'b', 'a', 'a', 'b'].flatMap((topic, i) => numbered(topic, i, 1))
    const chunks = handedOver(batchOf(mixed, null).messages, 101)
    expect(chunks.map(({ topic, firstSeq, messages }) => [topic, firstSeq, messages])).toEqual([
      ['a', 101, 3],
      ['b', 102, 2],
    ])
    const deltas = chunks.map(({ layout }) => (JSON.parse(layout) as number[][]).map(([delta]) => delta))
    expect(deltas).toEqual([
      [0, 2, 3],
      [0, 3],
    ])
    expect(chunks[1]?.body).toBe('{"id":1}{"after":{"id":1},"op":"c"}{"id":4}{"after":{"id":4},"op":"c"}')
  })

  it('are bounded by messages and by bytes, but for a message that is larger by itself', () => {
    expect(handedOver(batchOf(numbered('t', 0, 2500), null).messages).map(({ messages }) => messages)).toEqual([
      1000, 1000, 500,
    ])
    const sizes = [30_000, 30_000, 30_000, 200_000, 10, 10]
    const large = sizes.map((size) => ({ topic: 't', key: null, value: 'v'.repeat(size) }))
    expect(handedOver(batchOf(large, null).messages).map(({ messages }) => messages)).toEqual([2, 1, 1, 2])
  })
})
