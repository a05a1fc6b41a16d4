import type { EventPlace } from './event-place.ts'

/**
 * What every event begins with, since version 4 of the log. All numbers of the log are little-endian.
 *
 *   header   timestamp:u32 type:u8 serverId:u32 size:u32 nextPosition:u32 flags:u16
 *
 * `size` counts the header and the checksum. `nextPosition` is where the event ends in its file, modulo 2^32; 0 in an event that the server
 * made up for the stream, and within a TRANSACTION_PAYLOAD.
 */
export interface EventHeader extends EventPlace {
  readonly timestamp: number
  readonly serverId: number
  readonly nextPosition: number
  readonly flags: number
}

export const HEADER_BYTES = 19
/** Where the size of the event stands. */
export const SIZE_AT = 9
/** The file was not closed when this format description was written or sent. Not part of what the checksum covers. */
export const FLAG_IN_USE = 0x01
/** Made up for this stream: it stands in no file. */
export const FLAG_ARTIFICIAL = 0x20
/** One that a reader who does not know the type may pass over. */
export const FLAG_IGNORABLE = 0x80

/** `bytes` has a whole header at `start`. */
export function readHeader(bytes: Buffer, start: number, file: string | null, offset: number): EventHeader {
  return {
    file,
    offset,
    timestamp: bytes.readUInt32LE(start),
    type: bytes[start + 4] ?? 0,
    serverId: bytes.readUInt32LE(start + 5),
    nextPosition: bytes.readUInt32LE(start + 13),
    flags: bytes.readUInt16LE(start + 17),
  }
}
