import { CHECKSUM_BYTES } from './checksum.ts'
import type { EventCursor } from './event-cursor.ts'
import { HEADER_BYTES } from './event-header.ts'
import { EVENT } from './event-type.ts'

/**
 * Describes the format of the following events.
 *
 *   format   binlogVersion:u16 serverVersion:char[50] createdAt:u32 headerLength:u8 fixedLength:u8* [algorithm:u8 checksum:u32]
 *
 * `fixedLength`: for each type from 1 on, the length of the fixed part that follows the header in events of that type. The last five bytes
 * exist from MySQL 5.6.1 and MariaDB 5.3 on, even if no other event has a checksum.
 */
export interface FormatDescription {
  readonly serverVersion: string
  readonly isMariadb: boolean
  /** Every event ends with a CRC32. */
  readonly checksums: boolean
  /** Indexed by type. 0: the server that wrote the log does not know the type. */
  readonly fixedLengths: Uint8Array
  /** The server had just started, so a transaction that was open in the file before never finished. */
  readonly afterStart: boolean
}

const VERSION_BYTES = 50
const NO_CHECKSUM = 0
const CRC32 = 1
const BEHIND_LENGTHS = 1 + CHECKSUM_BYTES
/** Table ids have six bytes if the fixed part of a table map has at least eight. Before MySQL 5.1.4 they had four. */
const SIX_BYTE_IDS = 8

/** The format before the first format description. In a stream it applies only to the first event. */
export const NO_FORMAT: FormatDescription = {
  serverVersion: '',
  isMariadb: false,
  checksums: false,
  fixedLengths: new Uint8Array(0),
  afterStart: false,
}

/** `cursor`: from after the header to the end of the event, including its checksum. */
export function readFormatDescription(cursor: EventCursor): FormatDescription {
  const binlogVersion = cursor.u16()
  if (binlogVersion !== 4) throw cursor.invalid(`version ${binlogVersion} of the log instead of 4`)
  const serverVersion = cursor.copy(VERSION_BYTES).toString('latin1').replace(/\0.*$/su, '')
  const createdAt = cursor.u32()
  const headerLength = cursor.u8()
  if (headerLength !== HEADER_BYTES) throw cursor.invalid(`headers of ${headerLength} bytes`)
  const hasAlgorithm = writesAlgorithm(serverVersion)
  const count = cursor.left - (hasAlgorithm ? BEHIND_LENGTHS : 0)
  if (count < EVENT.DELETE_ROWS_V1) throw cursor.invalid('too few types of events')
  const fixedLengths = new Uint8Array(count + 1)
  fixedLengths.set(cursor.copy(count), 1)
  if ((fixedLengths[EVENT.TABLE_MAP] ?? 0) < SIX_BYTE_IDS) throw cursor.invalid('tables of MySQL before 5.1.4')
  const algorithm = hasAlgorithm ? cursor.u8() : NO_CHECKSUM
  if (algorithm > CRC32) throw cursor.invalid(`the checksum algorithm ${algorithm}`)
  return {
    serverVersion,
    isMariadb: /mariadb/iu.test(serverVersion),
    checksums: algorithm === CRC32,
    fixedLengths,
    afterStart: createdAt !== 0,
  }
}

function writesAlgorithm(serverVersion: string): boolean {
  const [major = 0, minor = 0, patch = 0] = serverVersion.split(/[.-]/u).map((part) => Number.parseInt(part, 10) || 0)
  const version = major * 10_000 + minor * 100 + patch
  return version >= (/mariadb/iu.test(serverVersion) ? 50_300 : 50_601)
}
