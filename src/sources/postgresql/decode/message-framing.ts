import { OffbeatError } from '../../../model/error.ts'
import type { Framing, MessageFramer } from '../../stream/message-framer.ts'

const HEADER_BYTES = 5
/** The longest message that the server can send: its own limit is 1 GiB. */
const LONGEST_BYTES = 0x4000_0000

/** Each message is one byte for its kind, a four-byte length (which includes itself but not the kind), and the body. */
export const FRAMING: Framing = { headerBytes: HEADER_BYTES, bodyAt: HEADER_BYTES, sizeOf }

function sizeOf(bytes: Buffer, at: number): number {
  const length = bytes.readUInt32BE(at + 1)
  if (length >= HEADER_BYTES - 1 && length < LONGEST_BYTES) return length + 1
  throw new OffbeatError('DATABASE_STREAM_BROKEN', {
    message: 'the stream does not follow the protocol',
    found: `a message of kind ${bytes[at] ?? 0} with a length of ${length} bytes`,
    expected: 'a length of at least 4 bytes and below 1 GiB',
  })
}

/** The kind of the message that was presented last. */
export function kindOf({ bytes, start }: MessageFramer): number {
  return bytes[start - HEADER_BYTES] ?? 0
}
