import { ByteWriter } from '../../src/model/byte-writer.ts'
import type { Batch, Message } from '../../src/model/message.ts'
import type { MovedBy, StoredOffset } from '../../src/model/offset.ts'

/** One message as text. */
export interface Sample {
  readonly topic: string
  /** JSON text; null: none. */
  readonly key: string | null
  readonly value: string | null
}

export const SAMPLE_TS_MS = 1_767_225_600_123

/** The samples as a batch of the connector: one buffer for all of them. */
export function batchOf(samples: readonly Sample[], offset: StoredOffset | null): Batch {
  const writer = new ByteWriter(8 * 1024)
  const entries = samples.map(({ topic, key, value }) => {
    const keyAt = writer.length
    writer.utf8(key ?? '')
    const valueAt = writer.length
    writer.utf8(value ?? '')
    return { topic, keyAt, valueAt, end: writer.length, tsMs: SAMPLE_TS_MS }
  })
  const bytes = writer.take()
  return { messages: entries.map((entry): Message => ({ ...entry, bytes })), offset }
}

export function offsetAt(position: string, by: MovedBy = 'commit', atMs = SAMPLE_TS_MS): StoredOffset {
  return {
    position,
    server: { systemIdentifier: '7300000000000000001' },
    memory: { columns: { 'public.orders': ['id', 'größe'] } },
    moved: { by, why: `${by} at ${position}`, atMs },
  }
}

/** `count` messages of one topic. Their values contain a running number. */
export function numbered(topic: string, from: number, count: number): Sample[] {
  return Array.from({ length: count }, (_, i) => ({
    topic,
    key: `{"id":${from + i}}`,
    value: `{"after":{"id":${from + i}},"op":"c"}`,
  }))
}
