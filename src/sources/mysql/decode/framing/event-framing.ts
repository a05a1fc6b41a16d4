import { OffbeatError } from '../../../../model/error.ts'
import type { Framing } from '../../../stream/message-framer.ts'
import { HEADER_BYTES, SIZE_AT } from './event-header.ts'

/** The maximum packet size of the protocol (1 GiB) and a header: no event is larger. */
const LONGEST_BYTES = 0x4000_0000 + HEADER_BYTES

/** Framing for bytes that contain only consecutive events: a log file after its first four bytes, or a decompressed TRANSACTION_PAYLOAD. */
export const EVENT_FRAMING: Framing = { headerBytes: HEADER_BYTES, bodyAt: 0, sizeOf }

function sizeOf(bytes: Buffer, at: number): number {
  const size = bytes.readUInt32LE(at + SIZE_AT)
  if (size >= HEADER_BYTES && size <= LONGEST_BYTES) return size
  throw new OffbeatError('DATABASE_STREAM_BROKEN', {
    message: 'the binary log does not follow its format',
    found: `an event of type ${bytes[at + 4] ?? 0} with a size of ${size} bytes`,
    expected: `a size of at least ${HEADER_BYTES} bytes and at most 1 GiB`,
  })
}
