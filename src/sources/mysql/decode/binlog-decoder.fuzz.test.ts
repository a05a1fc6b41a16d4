import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { binlogDecoder, decodeEvents, eventText } from '../../../../test/support/binlog-reading.ts'
import { binlogRecording, MARIADB_CATALOG } from '../../../../test/support/binlog-recording.ts'
import { soaking } from '../../../../test/support/environment.ts'
import { OffbeatError } from '../../../model/error.ts'
import type { LogEvent } from '../../../model/log-event.ts'
import { EVENT } from './framing/event-type.ts'

const runs = (count: number) => ({ numRuns: soaking ? count * 500 : count })
const RECORDINGS = ['mysql', 'mariadb'] as const
const WHOLE = new Map<string, readonly string[]>()
for (const name of RECORDINGS) WHOLE.set(name, (await outcome(name, binlogRecording(name))).lines)

interface Outcome {
  readonly lines: string[]
  /** Of the error at which it stopped. */
  readonly refused: string | null
}

/** Values that are refused when they are written are so far from wrong as the event. */
function linesOf(events: readonly LogEvent[]): string[] {
  return events.map((event) => {
    if (event.type === 'change') {
      for (const row of [event.before, event.after]) {
        for (const at of row?.spans ?? []) expect(at).toBeLessThanOrEqual(row?.bytes.length ?? 0)
      }
    }
    return eventText(event)
  })
}

async function outcome(name: (typeof RECORDINGS)[number], events: Iterable<Buffer>): Promise<Outcome> {
  const lines: string[] = []
  try {
    const decoder = binlogDecoder(name === 'mariadb' ? MARIADB_CATALOG : {})
    await decodeEvents(decoder, events, (pushed) => lines.push(...linesOf(pushed)))
    return { lines, refused: null }
  } catch (error) {
    if (!(error instanceof OffbeatError)) throw error
    return { lines, refused: error.code }
  }
}

const REFUSALS = [
  'MYSQL_EVENT_INVALID',
  'MYSQL_EVENT_UNSUPPORTED',
  'MYSQL_CHECKSUM_WRONG',
  'MYSQL_COLUMNS_UNKNOWN',
  'MYSQL_CHARSET_UNSUPPORTED',
  'MYSQL_STATEMENT_LOGGED',
  'MYSQL_ROLLBACK_LOGGED',
  'MYSQL_XA_UNKNOWN',
  'MYSQL_INCIDENT',
  'VALUE_INVALID',
  'TEXT_NOT_UTF8',
]

/** With the checksum that fits. */
function summed(event: Buffer): Buffer {
  event.writeUInt32LE(crc32(event.subarray(0, event.length - 4)), event.length - 4)
  return event
}

test.each(RECORDINGS)('a changed byte in any event of %s is seen by the checksum', async (name) => {
  const change = fc.record({ event: fc.nat(), at: fc.nat(), byte: fc.integer({ min: 1, max: 255 }) })
  await fc.assert(
    fc.asyncProperty(change, async ({ event, at, byte }) => {
      const events = binlogRecording(name).map((one) => Buffer.from(one))
      const changed = events[event % events.length] ?? Buffer.alloc(1)
      changed[at % changed.length] = (changed[at % changed.length] ?? 0) ^ byte
      const { lines, refused } = await outcome(name, events)
      expect(refused).not.toBeNull()
      expect(REFUSALS).toContain(refused)
      expect(lines).toEqual(WHOLE.get(name)?.slice(0, lines.length))
    }),
    runs(40),
  )
})

test.each(RECORDINGS)('an event of %s cut short anywhere is refused', async (name) => {
  const events = binlogRecording(name)
  for (const [i, event] of events.entries()) {
    for (let length = soaking ? 0 : i % 37; length < event.length; length += soaking ? 1 : 37) {
      const { lines, refused } = await outcome(name, [...events.slice(0, i), Buffer.from(event.subarray(0, length))])
      expect(refused).not.toBeNull()
      expect(lines).toEqual(WHOLE.get(name)?.slice(0, lines.length))
    }
  }
})

test.each(RECORDINGS)(
  'changed bytes with a checksum that fits give a classified error or rows within %s',
  async (name) => {
    const change = fc.record({ event: fc.nat(), at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const events = binlogRecording(name).map((one) => Buffer.from(one))
        for (const { event, at, byte } of changes) {
          const changed = events[event % events.length] ?? Buffer.alloc(24)
          changed[19 + (at % (changed.length - 23))] = byte
          summed(changed)
        }
        const { refused } = await outcome(name, events)
        if (refused !== null) expect(REFUSALS).toContain(refused)
      }),
      runs(60),
    )
  },
)

test.each(RECORDINGS)('random events after a real beginning of %s give a classified error or rows', async (name) => {
  const types = fc.constantFrom(...Object.values(EVENT).filter((type) => type !== EVENT.FORMAT_DESCRIPTION))
  await fc.assert(
    fc.asyncProperty(fc.nat(), types, fc.uint8Array({ maxLength: 80 }), async (count, type, body) => {
      const events = binlogRecording(name)
      const random = Buffer.concat([Buffer.alloc(19), body, Buffer.alloc(4)])
      random[4] = type
      random.writeUInt32LE(random.length, 9)
      const { refused } = await outcome(name, [...events.slice(0, 1 + (count % events.length)), summed(random)])
      if (refused !== null) expect(REFUSALS).toContain(refused)
    }),
    runs(120),
  )
})
