import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { binlogRecording } from '../../../../test/support/binlog-recording.ts'
import { soaking } from '../../../../test/support/environment.ts'
import { OffbeatError } from '../../../model/error.ts'
import type { TableStatement } from '../decode/statements/table-statement.ts'
import { TableStatementScanner } from '../decode/statements/table-statement-scanner.ts'
import { RawEvents } from './raw-event.ts'

const RECORDINGS = ['mysql', 'mariadb'] as const
const numRuns = soaking ? 20_000 : 60
const change = fc.record({ event: fc.nat(), at: fc.nat(), byte: fc.nat(255) })

function damaged(name: (typeof RECORDINGS)[number], changes: readonly { event: number; at: number; byte: number }[]) {
  const events = binlogRecording(name).map((one) => Buffer.from(one))
  for (const { event, at, byte } of changes) {
    const one = events[event % events.length] ?? Buffer.alloc(24)
    one[19 + (at % (one.length - 23))] = byte
    one.writeUInt32LE(crc32(one.subarray(0, one.length - 4)), one.length - 4)
  }
  return events
}

async function scanned(events: readonly Buffer[]): Promise<readonly TableStatement[] | string> {
  const found: TableStatement[] = []
  const start = { file: 'binlog.000001', position: 4, checksums: false, isUtf8: () => true }
  const scanner = new TableStatementScanner(start)
  try {
    for (const bytes of events) await scanner.take(bytes, 0, bytes.length, found)
    return found
  } catch (error) {
    if (!(error instanceof OffbeatError)) throw error
    return error.code
  }
}

test.each(RECORDINGS)('the scanner finds the statements of %s, and refuses damaged events by code', async (name) => {
  const whole = await scanned(binlogRecording(name))
  expect(Array.isArray(whole) && whole.length).toBeGreaterThan(3)
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      const outcome = await scanned(damaged(name, changes))
      if (typeof outcome === 'string')
        expect(['MYSQL_EVENT_INVALID', 'MYSQL_CHECKSUM_WRONG', 'DATABASE_STREAM_BROKEN']).toContain(outcome)
    }),
    { numRuns },
  )
})

test.each(RECORDINGS)('raw events of %s are passed on whatever they contain', (name) => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      let bytes = 0
      const raw = new RawEvents((message) => {
        bytes += message.bytes.length
      })
      const events = damaged(name, changes)
      for (const event of events) {
        const span = { bytes: event, start: 0, end: event.length }
        const before = { reached: { file: 'binlog.000001', position: 4 }, checksums: true }
        raw.take(span, before)
        raw.pass(span, before, 'a:1', null)
      }
      expect(bytes).toBe(events.reduce((sum, event) => sum + event.length, 0))
    }),
    { numRuns },
  )
})
