import { CHECKSUM_BYTES } from './checksum.ts'
import type { EventCursor } from './event-cursor.ts'
import { HEADER_BYTES } from './event-header.ts'
import { EVENT } from './event-type.ts'

/**
 * How the events that follow are written.
 *
 *   format   binlogVersion:u16 serverVersion:char[50] createdAt:u32 headerLength:u8 fixedLength:u8* [algorithm:u8 checksum:u32]
 *
 * `fixedLength`: for each type from 1 on, the length of the part behind the header that every event of the type has. The last five bytes
 * are there from MySQL 5.6.1 and MariaDB 5.3 on, also where no other event has a checksum.
 */
export interface FormatDescription {
  readonly serverVersion: string
  readonly isMariadb: boolean
  /** CRC32 ends every event. */
  readonly checksums: boolean
  /** It ends this one. */
  readonly hasChecksum: boolean
  /** By the type; 0: not known to the server that wrote it. */
  readonly fixedLengths: Uint8Array
  /** The server had just started: what was open in the file before is open no more. */
  readonly afterStart: boolean
}

const VERSION_BYTES = 50
const NO_CHECKSUM = 0
const CRC32 = 1
const BEHIND_LENGTHS = 1 + CHECKSUM_BYTES
/** A table's number has six bytes where the fixed part of a table map has at least eight; before MySQL 5.1.4 it had four. */
const SIX_BYTE_IDS = 8

/** Of a log without a format description, which a stream gives for no more than its first event. */
export const NO_FORMAT: FormatDescription = {
  serverVersion: '',
  isMariadb: false,
  checksums: false,
  hasChecksum: false,
  fixedLengths: new Uint8Array(0),
  afterStart: false,
}

/** `cursor`: behind the header, up to the end of the event with its checksum. */
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
    hasChecksum: hasAlgorithm,
    fixedLengths,
    afterStart: createdAt !== 0,
  }
}

function writesAlgorithm(serverVersion: string): boolean {
  const [major = 0, minor = 0, patch = 0] = serverVersion.split(/[.-]/u).map((part) => Number.parseInt(part, 10) || 0)
  const version = major * 10_000 + minor * 100 + patch
  return version >= (/mariadb/iu.test(serverVersion) ? 50_300 : 50_601)
}
