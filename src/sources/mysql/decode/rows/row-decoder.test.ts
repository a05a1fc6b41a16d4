import { expect, test } from 'vitest'
import { binlogDecoder } from '../../../../../test/support/binlog-reading.ts'
import { HEADER_BYTES, SIZE_AT } from '../framing/event-header.ts'
import { EVENT } from '../framing/event-type.ts'

function event(type: number, body: Buffer): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(HEADER_BYTES), body])
  bytes[4] = type
  bytes.writeUInt32LE(bytes.length, SIZE_AT)
  return bytes
}

function idOf(table: number): Buffer {
  const id = Buffer.alloc(8)
  id.writeUIntLE(table, 0, 6)
  return id
}

const named = (name: string) => Buffer.from([name.length, ...Buffer.from(name), 0])

test('of a server with very many tables, only those that were described last are remembered', () => {
  const decoder = binlogDecoder({}, { isWatched: () => false })
  const decode = (bytes: Buffer) => decoder.decode(bytes, 0, bytes.length, [])
  const rows = (table: number) => decode(event(EVENT.WRITE_ROWS, idOf(table)))
  decode(event(EVENT.QUERY, Buffer.concat([Buffer.alloc(13), Buffer.from('\0BEGIN')])))
  for (let table = 0; table < 20_000; table++) {
    decode(event(EVENT.TABLE_MAP, Buffer.concat([idOf(table), named('d'), named(`t${table}`)])))
    rows(table)
    rows(Math.max(0, table - 1000))
  }
  expect(() => rows(10)).toThrow(expect.objectContaining({ code: 'MYSQL_EVENT_INVALID' }))
})
