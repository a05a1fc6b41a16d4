import type { EventPosition } from './event-position.ts'

/**
 * The header of every event, since version 4 of the log. All numbers in the log are little-endian.
 *
 *   header   timestamp:u32 type:u8 serverId:u32 size:u32 nextPosition:u32 flags:u16
 *
 * `size` includes the header and the checksum. `nextPosition` is the end of the event in its file, modulo 2^32. It is 0 in an event that
 * the server created for the stream, and within a TRANSACTION_PAYLOAD.
 */
export interface EventHeader extends EventPosition {
  readonly timestamp: number
  readonly serverId: number
  readonly nextPosition: number
  readonly flags: number
}

export const HEADER_BYTES = 19
/** The offset of the event's size in the header. */
export const SIZE_AT = 9
/** The offset of the event's flags in the header. */
export const FLAGS_AT = 17
/** The file was still open when this format description was written or sent. The checksum is computed without this flag. */
export const FLAG_IN_USE = 0x01
/** The server created this event for the stream: it is in no file. */
export const FLAG_ARTIFICIAL = 0x20
/** A reader that does not know the event's type can skip it. */
export const FLAG_IGNORABLE = 0x80

/** `bytes` must contain a whole header at `start`. */
export function readHeader(bytes: Buffer, start: number, file: string | null, offset: number): EventHeader {
  return {
    file,
    offset,
    timestamp: bytes.readUInt32LE(start),
    type: bytes[start + 4] ?? 0,
    serverId: bytes.readUInt32LE(start + 5),
    nextPosition: bytes.readUInt32LE(start + 13),
    flags: bytes.readUInt16LE(start + FLAGS_AT),
  }
}
