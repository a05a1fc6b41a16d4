import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { newDecoder } from '../../../../test/support/pgoutput-decoder.ts'
import { ByteWriter } from '../../../model/byte-writer.ts'
import type { LogEvent } from '../../../model/log-event.ts'
import type { Row, TableVersion } from '../../../model/table.ts'
import { MessageFramer } from '../../stream/message-framer.ts'
import { FRAMING } from '../decode/message-framing.ts'

const WAL_HEADER_BYTES = 25
const KEEPALIVE = Buffer.from(`6b${'00'.repeat(6)}01b9${'00'.repeat(8)}01`, 'hex')

/** The recording as the server sends it: each message as XLogData in CopyData, with a keepalive after every fifth. */
const stream = Buffer.concat(
  readFileSync(new URL('../decode/decoder.recording.txt', import.meta.url), 'latin1')
    .trim()
    .split('\n')
    .flatMap((line, i) => {
      const data = copyData(Buffer.concat([walHeader(i), Buffer.from(line, 'hex')]))
      return i % 5 === 4 ? [data, copyData(KEEPALIVE)] : [data]
    }),
)

function walHeader(i: number): Buffer {
  const header = Buffer.alloc(WAL_HEADER_BYTES)
  header.write('w')
  header.writeBigUInt64BE(0x1b9_0000n + BigInt(i), 1)
  return header
}

function copyData(body: Buffer): Buffer {
  const header = Buffer.alloc(5)
  header.write('d')
  header.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([header, body])
}

/** Everything that the pieces give, in words; each chunk is overwritten once its messages were handled, as a socket may do. */
async function read(pieces: readonly Buffer[]): Promise<string[]> {
  const framer = new MessageFramer(FRAMING)
  const decoder = newDecoder()
  const said: string[] = []
  for (const piece of pieces) {
    const chunk = Buffer.from(piece)
    framer.push(chunk)
    while (framer.advance()) {
      const { bytes, start, end } = framer
      if (bytes[start] === KEEPALIVE[0]) {
        said.push(`keepalive ${bytes.toString('hex', start, end)}`)
        continue
      }
      const events: LogEvent[] = []
      const position = bytes.readUIntBE(start + 3, 6)
      await decoder.decode(bytes, start + WAL_HEADER_BYTES, end, position, events)
      for (const event of events) said.push(inWords(event))
    }
    chunk.fill(0x58)
  }
  return said
}

function inWords(event: LogEvent): string {
  if (event.type !== 'change') return inspect(event, { depth: null })
  const { table, op, before, after, position } = event
  return JSON.stringify([op, table.name, String(position), rowInWords(table, before), rowInWords(table, after)])
}

function rowInWords(table: TableVersion, row: Row | null): unknown {
  if (row === null) return null
  return table.columns.map(({ name, write }, i) => {
    const start = row.spans[2 * i] ?? 0
    if (start < 0) return [name, start]
    const to = new ByteWriter(64)
    write(row.bytes, start, row.spans[2 * i + 1] ?? 0, to)
    return [name, to.take().toString('utf8')]
  })
}

test('promise 2: a stream split at any byte gives the same events', async () => {
  const whole = await read([stream])
  expect(whole.length).toBeGreaterThan(30)
  for (let at = 1; at < stream.length; at++) {
    const split = await read([stream.subarray(0, at), stream.subarray(at)])
    if (split.length !== whole.length || split.some((each, i) => each !== whole[i]))
      expect([at, split]).toEqual([at, whole])
  }
})

test('and so does one split into pieces of every small size', async () => {
  const whole = await read([stream])
  for (let size = 1; size <= 64; size++) {
    const count = Math.ceil(stream.length / size)
    const pieces = Array.from({ length: count }, (_, i) => stream.subarray(i * size, (i + 1) * size))
    expect(await read(pieces), `pieces of ${size} bytes`).toEqual(whole)
  }
})
