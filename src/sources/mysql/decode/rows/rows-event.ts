import { inflateSync } from 'node:zlib'
import { EventCursor } from '../framing/event-cursor.ts'
import { EVENT } from '../framing/event-type.ts'

/**
 * Rows of one table.
 *
 *   rows     id:u48 flags:u16 [extraLength:u16 extra] count:lenenc present [presentAfter] row*
 *   row      write: after   update: before after   delete: before
 *
 * `extraLength` includes its own bytes. It exists in version 2 (MySQL 5.6 and later) but not in version 1 (MariaDB). `present`: a bit for
 * each column in the images, the lowest bit of a byte first, in whole bytes. An update has the bitmap of the old rows, then that of the new
 * rows.
 */
export interface Rows {
  readonly op: 'c' | 'u' | 'd'
  readonly columns: number
  /** The bytes that contain the bitmaps. */
  readonly bitmaps: Buffer
  readonly presentAt: number
  readonly presentAfterAt: number
  /** The bytes that contain the rows. With MariaDB's compression they are another buffer. */
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}

export interface RowsKind {
  readonly op: 'c' | 'u' | 'd'
  readonly hasExtra: boolean
  readonly compressed: boolean
  /** The new images have options, and can have changes of JSON documents in place of documents (partial-row.ts). */
  readonly isPartial: boolean
}

const kind = (op: RowsKind['op'], hasExtra: boolean, compressed: boolean): RowsKind => ({
  op,
  hasExtra,
  compressed,
  isPartial: false,
})

/** By event type. */
export const ROWS_KINDS: readonly (RowsKind | undefined)[] = byType([
  [EVENT.WRITE_ROWS, kind('c', true, false)],
  [EVENT.UPDATE_ROWS, kind('u', true, false)],
  [EVENT.DELETE_ROWS, kind('d', true, false)],
  [EVENT.PARTIAL_UPDATE_ROWS, { ...kind('u', true, false), isPartial: true }],
  [EVENT.WRITE_ROWS_V1, kind('c', false, false)],
  [EVENT.UPDATE_ROWS_V1, kind('u', false, false)],
  [EVENT.DELETE_ROWS_V1, kind('d', false, false)],
  [EVENT.MARIADB_WRITE_ROWS_COMPRESSED_V1, kind('c', false, true)],
  [EVENT.MARIADB_UPDATE_ROWS_COMPRESSED_V1, kind('u', false, true)],
  [EVENT.MARIADB_DELETE_ROWS_COMPRESSED_V1, kind('d', false, true)],
  [EVENT.MARIADB_WRITE_ROWS_COMPRESSED, kind('c', true, true)],
  [EVENT.MARIADB_UPDATE_ROWS_COMPRESSED, kind('u', true, true)],
  [EVENT.MARIADB_DELETE_ROWS_COMPRESSED, kind('d', true, true)],
])

function byType(kinds: readonly (readonly [type: number, kind: RowsKind])[]): (RowsKind | undefined)[] {
  const all = new Array<RowsKind | undefined>(256).fill(undefined)
  for (const [type, each] of kinds) all[type] = each
  return all
}

export function readRowsTableId(cursor: EventCursor): number {
  return cursor.unsigned(6)
}

/** `cursor`: after the table id. */
export function readRows(cursor: EventCursor, { op, hasExtra, compressed }: RowsKind): Rows {
  cursor.u16()
  if (hasExtra) skipExtra(cursor)
  const columns = cursor.lenenc()
  const bitmapBytes = Math.ceil(columns / 8)
  const presentAt = cursor.at
  cursor.skip(bitmapBytes)
  const presentAfterAt = op === 'u' ? cursor.at : presentAt
  if (op === 'u') cursor.skip(bitmapBytes)
  const { bytes, at: start, end } = compressed ? inflated(cursor) : cursor
  return { op, columns, bitmaps: cursor.bytes, presentAt, presentAfterAt, bytes, start, end }
}

function skipExtra(cursor: EventCursor): void {
  const length = cursor.u16()
  if (length < 2) throw cursor.invalid('extra data of impossible length')
  cursor.skip(length - 2)
}

const LENGTH_BYTES = 0x07
const ALGORITHM = 0x70
const COMPRESSED = 0x80

/**
 * Decompresses data that MariaDB's log_bin_compress compressed.
 *
 *   compressed   form:u8 length, big-endian, in as many bytes as the lowest three bits of `form` say   zlib, up to the end
 *
 * The highest bit of `form` is 1. The next three bits are the algorithm: 0, zlib. `length`: the uncompressed length.
 */
export function inflated(cursor: EventCursor): EventCursor {
  const form = cursor.u8()
  const lengthBytes = form & LENGTH_BYTES
  if ((form & COMPRESSED) === 0 || (form & ALGORITHM) !== 0 || lengthBytes < 1 || lengthBytes > 4) {
    throw cursor.invalid('an unknown form of compression')
  }
  let length = 0
  for (let i = 0; i < lengthBytes; i++) length = length * 256 + cursor.u8()
  const bytes = unzip(cursor, length)
  if (bytes.length !== length) throw cursor.invalid('compressed bytes of another length')
  return new EventCursor(cursor.position, bytes, 0, length)
}

function unzip(cursor: EventCursor, length: number): Buffer {
  try {
    // Allow one byte too many, so that output that is too long is detected.
    return inflateSync(cursor.bytes.subarray(cursor.at, cursor.end), { maxOutputLength: length + 1 })
  } catch {
    throw cursor.invalid('bytes that are not compressed as they say')
  }
}
