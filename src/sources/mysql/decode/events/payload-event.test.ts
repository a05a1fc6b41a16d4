import { zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { EventCursor } from '../framing/event-cursor.ts'
import { unpackAtOnce, unpackInPieces } from './payload-event.ts'

const CURSOR = new EventCursor({ file: 'binlog.000001', offset: 4, type: 40 }, Buffer.alloc(0), 0, 0)
const WHOLE = Buffer.alloc(300_000, 'abc')
const PACKED = zstdCompressSync(WHOLE)

const payload = (packed: Buffer, unpackedBytes = WHOLE.length) => ({ method: 'zstd' as const, packed, unpackedBytes })

async function inPieces(packed: Buffer, unpackedBytes?: number): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(unpackInPieces(payload(packed, unpackedBytes), CURSOR)))
}

test('a payload is unpacked at once and in pieces', async () => {
  expect(unpackAtOnce(payload(PACKED), CURSOR).equals(WHOLE)).toBe(true)
  expect((await inPieces(PACKED)).equals(WHOLE)).toBe(true)
})

test.each([
  ['cut short', PACKED.subarray(0, PACKED.length - 5), WHOLE.length],
  ['empty', Buffer.alloc(0), WHOLE.length],
  ['of other bytes', Buffer.alloc(40, 7), WHOLE.length],
  ['longer than it says', PACKED, WHOLE.length - 1],
  ['shorter than it says', PACKED, WHOLE.length + 1],
])('a payload that is %s is invalid', async (_, packed, unpackedBytes) => {
  expect(() => unpackAtOnce(payload(packed, unpackedBytes), CURSOR)).toThrow(
    expect.objectContaining({ code: 'MYSQL_EVENT_INVALID' }),
  )
  await expect(inPieces(packed, unpackedBytes)).rejects.toMatchObject({ code: 'MYSQL_EVENT_INVALID' })
})
