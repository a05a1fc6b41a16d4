import { expect, test } from 'vitest'
import { binlogDecoder, eventText } from '../../../../test/support/binlog-reading.ts'
import type { LogEvent } from '../../../model/log-event.ts'
import type { BinlogDecoder } from './binlog-decoder.ts'
import { FLAG_ARTIFICIAL, FLAG_IGNORABLE, HEADER_BYTES } from './framing/event-header.ts'
import { EVENT } from './framing/event-type.ts'

const FOUR_GIB = 0x1_0000_0000

/** An event without a checksum. `next`: where it ends, modulo 2^32; 0: it is in no file. */
function event(type: number, body: Buffer, next: number, flags = 0): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(HEADER_BYTES), body])
  bytes[4] = type
  bytes.writeUInt32LE(bytes.length, 9)
  bytes.writeUInt32LE(next % FOUR_GIB, 13)
  bytes.writeUInt16LE(flags, 17)
  return bytes
}

function rotate(file: string, position: number): Buffer {
  const at = Buffer.alloc(8)
  at.writeBigUInt64LE(BigInt(position))
  return Buffer.concat([at, Buffer.from(file)])
}

function read(decoder: BinlogDecoder, ...events: readonly Buffer[]): string[] {
  const into: LogEvent[] = []
  for (const bytes of events) decoder.decode(bytes, 0, bytes.length, into)
  return into.map(eventText)
}

const NO_ROWS = Buffer.from('SELECT 1')

test('a heartbeat of the server is progress, and reports the same position where nothing was written', () => {
  const decoder = binlogDecoder({}, { position: 500 })
  const beat = (position: number) => event(EVENT.HEARTBEAT, Buffer.from('binlog.000001'), position, FLAG_ARTIFICIAL)
  expect(read(decoder, beat(900), beat(900), beat(700))).toEqual([
    'progress binlog.000001:900 ',
    'progress binlog.000001:900 ',
  ])
})

test('a heartbeat of version 2 has positions beyond 4 GiB', () => {
  const position = Buffer.from('0209fe0500000001000000', 'hex')
  const body = Buffer.concat([Buffer.from([1, 13]), Buffer.from('binlog.000001'), position, Buffer.from([0])])
  expect(read(binlogDecoder(), event(EVENT.HEARTBEAT_V2, body, 0, FLAG_ARTIFICIAL))).toEqual([
    `progress binlog.000001:${FOUR_GIB + 5} `,
  ])
})

test('an artificial rotate event names the file of a stream that has none yet', () => {
  const decoder = binlogDecoder({}, { file: null, position: 0 })
  read(decoder, event(EVENT.ROTATE, rotate('binlog.001234', 157), 0, FLAG_ARTIFICIAL))
  expect(decoder.reached).toEqual({ file: 'binlog.001234', position: 157 })
})

test('positions continue beyond 4 GiB, which the header cannot hold', () => {
  const start = FOUR_GIB - 50
  const decoder = binlogDecoder({}, { position: start })
  const one = event(EVENT.ROWS_QUERY, NO_ROWS, start + 27)
  const two = event(EVENT.ROWS_QUERY, NO_ROWS, start + 54)
  read(decoder, one)
  expect(decoder.reached.position).toBe(start + 27)
  read(decoder, two)
  expect(decoder.reached.position).toBe(start + 54)
  const broken = event(EVENT.INCIDENT, Buffer.alloc(3), start + 54 + 22)
  expect(() => read(decoder, broken)).toThrow(`binlog.000001:${start + 54}`)
})

test('an unknown event type is ignored where the server marks it ignorable, and stops the stream elsewhere', () => {
  const decoder = binlogDecoder()
  expect(read(decoder, event(100, Buffer.alloc(40), 63, FLAG_IGNORABLE))).toEqual([])
  expect(() => read(decoder, event(100, Buffer.alloc(40), 122))).toThrow(
    expect.objectContaining({
      code: 'MYSQL_EVENT_UNSUPPORTED',
      details: expect.objectContaining({ offset: 63, eventType: 100 }),
    }),
  )
})

test('an incident event, which records lost changes, stops the stream', () => {
  expect(() => read(binlogDecoder(), event(EVENT.INCIDENT, Buffer.from([1, 0, 0]), 26))).toThrow(
    expect.objectContaining({ code: 'MYSQL_INCIDENT' }),
  )
})

test('an anonymous transaction has no id, and moves file and position', () => {
  const anonymous = event(EVENT.ANONYMOUS_GTID, Buffer.alloc(25), 48)
  const statement = Buffer.concat([Buffer.alloc(13), Buffer.from('\0CREATE TABLE t (id int)')])
  expect(read(binlogDecoder(), anonymous, event(EVENT.QUERY, statement, 104))).toEqual([
    'begin anonymous',
    'commit binlog.000001:104 ',
  ])
})

/** The format description at the start of a file. `createdAt` 0: the server did not start with it. */
function format(createdAt: number): Buffer {
  const body = Buffer.alloc(57 + 40, 8)
  body.writeUInt16LE(4, 0)
  body.fill(0, 2, 52).write('5.5.0-MariaDB-old', 2)
  body.writeUInt32LE(createdAt, 52)
  body.writeUInt8(HEADER_BYTES, 56)
  // The algorithm and its place: no checksums.
  body.fill(0, body.length - 5)
  return event(EVENT.FORMAT_DESCRIPTION, body, 120)
}

const next = rotate('binlog.000002', 4)
const begin = event(EVENT.QUERY, Buffer.concat([Buffer.alloc(13), Buffer.from('\0BEGIN')]), 70)

test('a transaction that the server was killed in ends with its next start, and with nothing else', () => {
  const decoder = binlogDecoder()
  const cut = [begin, event(EVENT.ROTATE, next, 0, FLAG_ARTIFICIAL)]
  expect(read(decoder, ...cut, format(1_700_000_000))).toEqual(['begin anonymous', 'rollback'])
  expect(read(decoder, begin, event(EVENT.XID, Buffer.alloc(8), 160))).toEqual([
    'begin anonymous',
    'commit binlog.000002:160 ',
  ])
  for (const wrong of [
    [...cut, format(0)],
    [begin, event(EVENT.ROTATE, next, 100)],
  ])
    expect(() => read(binlogDecoder(), ...wrong)).toThrow('the transaction before it does not end')
})
