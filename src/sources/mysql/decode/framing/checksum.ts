import { OffbeatError } from '../../../../model/error.ts'
import { crc32 } from './crc32.ts'
import { type EventHeader, FLAG_IN_USE, FLAGS_AT } from './event-header.ts'
import { EVENT, eventTypeName } from './event-type.ts'

export const CHECKSUM_BYTES = 4

/**
 * Checks the CRC32 at the end of the event, which is in `bytes` from `start` to `end`. It covers everything before it. The flag for a file
 * in use counts as 0, because the server sets it later.
 */
export function checkChecksum(header: EventHeader, bytes: Buffer, start: number, end: number): void {
  const sumAt = end - CHECKSUM_BYTES
  const expected = bytes.readUInt32LE(sumAt)
  const inUse = header.type === EVENT.FORMAT_DESCRIPTION && (header.flags & FLAG_IN_USE) !== 0
  const found = inUse ? closedSum(bytes, start, sumAt) : crc32(bytes, start, sumAt)
  if (found === expected) return
  const { file, offset, type } = header
  throw new OffbeatError('MYSQL_CHECKSUM_WRONG', {
    message: `the event ${eventTypeName(type)} at ${file ?? 'the binary log'}:${offset} is damaged: its checksum does not fit its bytes`,
    found: hex(found),
    expected: hex(expected),
    details: { file, offset, eventType: type },
  })
}

function closedSum(bytes: Buffer, start: number, sumAt: number): number {
  const closed = Buffer.from(bytes.subarray(start, sumAt))
  closed[FLAGS_AT] = (closed[FLAGS_AT] ?? 0) & ~FLAG_IN_USE
  return crc32(closed, 0, closed.length)
}

function hex(sum: number): string {
  return `0x${sum.toString(16).padStart(8, '0')}`
}
