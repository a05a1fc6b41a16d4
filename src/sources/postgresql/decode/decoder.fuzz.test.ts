import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { soaking } from '../../../../test/support/environment.ts'
import { newDecoder } from '../../../../test/support/pgoutput-decoder.ts'
import { ByteWriter } from '../../../model/byte-writer.ts'
import { OffbeatError } from '../../../model/error.ts'
import type { LogEvent } from '../../../model/log-event.ts'
import { type Row, SPAN_ABSENT, type TableVersion } from '../../../model/table.ts'
import type { PgoutputDecoder } from './decoder.ts'

/** Messages as PostgreSQL 18 wrote them, one a line in hexadecimal; the origin in the first transaction was put in by hand. */
const recorded = readFileSync(new URL('./decoder.recording.txt', import.meta.url), 'latin1')
  .trim()
  .split('\n')
  .map((line) => Buffer.from(line, 'hex'))

const runs = (count: number) => ({ numRuns: soaking ? count * 500 : count })
const GAP = 16

/** Decodes each message between bytes that are none of its own; checks that every value lies within its message and is written or refused. */
async function decodeWithin(decoder: PgoutputDecoder, message: Buffer): Promise<unknown[]> {
  const block = Buffer.concat([Buffer.alloc(GAP, 0x74), message, Buffer.alloc(GAP, 0x74)])
  const events: LogEvent[] = []
  await decoder.decode(block, GAP, GAP + message.length, 1, events)
  return events.map((event) => {
    if (event.type !== 'change') return event
    const rows = [rowText(event.table, event.before, block), rowText(event.table, event.after, block)]
    return [event.op, event.table.name, ...rows]
  })
}

function rowText(table: TableVersion, row: Row | null, block: Buffer): unknown {
  if (row === null) return null
  expect(row.spans).toHaveLength(table.columns.length * 2)
  return table.columns.map((column, i) => {
    const start = row.spans[2 * i] ?? 0
    const end = row.spans[2 * i + 1] ?? 0
    if (start < 0) {
      expect(start).toBeGreaterThanOrEqual(SPAN_ABSENT)
      return start
    }
    expect(start).toBeGreaterThanOrEqual(GAP)
    expect(end).toBeGreaterThanOrEqual(start)
    expect(end).toBeLessThanOrEqual(block.length - GAP)
    return valueJson(column.write, block, start, end)
  })
}

function valueJson(
  write: TableVersion['columns'][number]['write'],
  block: Buffer,
  start: number,
  end: number,
): unknown {
  const to = new ByteWriter(64)
  try {
    write(block, start, end, to)
  } catch (error) {
    expect(['VALUE_INVALID', 'TEXT_NOT_UTF8']).toContain(codeOf(error))
    return 'refused'
  }
  return JSON.parse(to.take().toString('utf8'))
}

function codeOf(error: unknown): string {
  if (error instanceof OffbeatError) return error.code
  throw error
}

/** What comes of the messages up to the first that is refused. */
async function outcome(messages: readonly Buffer[]): Promise<{ events: unknown[]; refused: string | null }> {
  const decoder = newDecoder()
  const events: unknown[] = []
  for (const message of messages) {
    try {
      events.push(...(await decodeWithin(decoder, message)))
    } catch (error) {
      return { events, refused: codeOf(error) }
    }
  }
  return { events, refused: null }
}

test('the recording has every kind of message and is decoded whole', async () => {
  const kinds = new Set(recorded.map((message) => message.toString('latin1', 0, 1)))
  expect(kinds).toEqual(new Set('BCDIMORTUY'))
  const { events, refused } = await outcome(recorded)
  expect(refused).toBeNull()
  expect(events.length).toBeGreaterThan(30)
})

test('a message cut short anywhere is refused, and those before it are as they were', async () => {
  const whole = await outcome(recorded)
  for (const [i, message] of recorded.entries()) {
    for (let length = soaking ? 0 : i % 4; length < message.length; length += soaking ? 1 : 4) {
      const cut = await outcome([...recorded.slice(0, i), message.subarray(0, length)])
      expect(cut.refused).toBe('POSTGRES_PROTOCOL_INVALID')
      expect(cut.events).toEqual(whole.events.slice(0, cut.events.length))
    }
  }
})

test('a message with bytes too many is refused', async () => {
  for (const i of recorded.keys()) {
    const longer = Buffer.concat([recorded[i] ?? Buffer.alloc(0), Buffer.alloc(1)])
    expect((await outcome([...recorded.slice(0, i), longer])).refused).toBe('POSTGRES_PROTOCOL_INVALID')
  }
})

test('changed bytes give a classified error or rows within their message', async () => {
  const change = fc.record({ message: fc.nat(), at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const messages = recorded.map((message) => Buffer.from(message))
      for (const { message, at, byte } of changes) {
        const target = messages[message % messages.length] ?? Buffer.alloc(1)
        target[at % target.length] = byte
      }
      const { refused } = await outcome(messages)
      expect([null, 'POSTGRES_PROTOCOL_INVALID']).toContain(refused)
    }),
    runs(300),
  )
})

test('random bytes after a real beginning give a classified error or rows within their message', async () => {
  const kind = fc.constantFrom(...'BCDIMORTUY')
  const bytes = fc.uint8Array({ maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: recorded.length }), kind, bytes, async (count, first, rest) => {
      const message = Buffer.concat([Buffer.from(first, 'latin1'), rest])
      const { refused } = await outcome([...recorded.slice(0, count), message])
      expect([null, 'POSTGRES_PROTOCOL_INVALID']).toContain(refused)
    }),
    runs(400),
  )
})
