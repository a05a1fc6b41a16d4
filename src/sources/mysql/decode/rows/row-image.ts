import { SPAN_UNAVAILABLE } from '../../../../model/table.ts'
import { type EventPosition, invalidEvent } from '../framing/event-position.ts'
import { TYPE, type WireType } from './column-type.ts'

/*
 * The hot path: locates the values of a row without copying or allocating anything per value.
 *
 * Grammar:
 *   image   nulls: bit for each column that the image has, the lowest of a byte first, in whole bytes   value*
 *   value   nothing where the bit is set, else as many bytes as the type has:
 *             fixed   numbers, times, ENUM, SET, BIT
 *             length: one to four bytes, then that many    text, blobs, JSON, geometry, vectors
 */

/** The length of a column's values. Positive: that many bytes. Negative: that many bytes of length precede the value. */
export type Extent = number

/** The end of the last image that was read. It is a second return value that needs no new object. */
export interface ImageEnd {
  at: number
}

/** The bytes of a decimal's leftover digits, by their number. Full groups of nine digits take four bytes. */
const DIGIT_BYTES = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4] as const

function decimalBytes(digits: number): number {
  return Math.floor(digits / 9) * 4 + (DIGIT_BYTES[digits % 9] ?? 0)
}

export function extentOf({ type, size, detail }: WireType): Extent {
  switch (type) {
    case TYPE.TINY:
    case TYPE.YEAR:
      return 1
    case TYPE.SHORT:
      return 2
    case TYPE.INT24:
    case TYPE.DATE:
    case TYPE.NEWDATE:
    case TYPE.TIME:
      return 3
    case TYPE.LONG:
    case TYPE.TIMESTAMP:
    case TYPE.FLOAT:
      return 4
    case TYPE.LONGLONG:
    case TYPE.DOUBLE:
    case TYPE.DATETIME:
      return 8
    case TYPE.TIMESTAMP2:
      return 4 + fractionBytes(size)
    case TYPE.DATETIME2:
      return 5 + fractionBytes(size)
    case TYPE.TIME2:
      return 3 + fractionBytes(size)
    case TYPE.NEWDECIMAL:
      return decimalBytes(size - detail) + decimalBytes(detail)
    case TYPE.ENUM:
    case TYPE.SET:
    case TYPE.BIT:
      return size
    case TYPE.STRING:
    case TYPE.VARCHAR:
    case TYPE.VAR_STRING:
    case TYPE.MARIADB_VARCHAR_COMPRESSED:
      return size > 255 ? -2 : -1
    default:
      return -size
  }
}

function fractionBytes(decimals: number): number {
  return (decimals + 1) >> 1
}

/** The columns that are present in an event's row images. */
export interface PresentColumns {
  /** 0: the column is not in the image. */
  readonly extents: readonly Extent[]
  readonly nullBytes: number
  readonly isPartial: boolean
}

/** `bitsAt`: the offset of a bitmap with a bit for each of the `count` columns. */
export function presentColumns(
  bytes: Buffer,
  bitsAt: number,
  all: readonly Extent[],
  count: number,
  position: EventPosition,
): PresentColumns {
  if (count !== all.length) throw invalidEvent(position, `rows of ${count} columns instead of ${all.length}`)
  if (hasAll(bytes, bitsAt, count)) return { extents: all, nullBytes: (count + 7) >> 3, isPartial: false }
  let present = 0
  const extents = all.slice()
  for (let i = 0; i < count; i++) {
    if (((bytes[bitsAt + (i >> 3)] as number) & (1 << (i & 7))) !== 0) present++
    else extents[i] = 0
  }
  // An image without columns would have zero bytes, so reading rows would never end.
  if (present === 0) throw invalidEvent(position, 'rows without columns')
  return { extents, nullBytes: (present + 7) >> 3, isPartial: present < count }
}

function hasAll(bytes: Buffer, bitsAt: number, count: number): boolean {
  if (count === 0) return false
  let i = 0
  for (; i + 8 <= count; i += 8) if (bytes[bitsAt + (i >> 3)] !== 0xff) return false
  const last = (1 << (count - i)) - 1
  return i === count || ((bytes[bitsAt + (i >> 3)] as number) & last) === last
}

/**
 * The spans of the image at `start`, two numbers per column. A column that the image does not have is marked unavailable. Throws if the
 * image does not end before `end`.
 */
export function readImage(
  bytes: Buffer,
  start: number,
  end: number,
  { extents, nullBytes }: PresentColumns,
  blank: readonly number[],
  position: EventPosition,
  imageEnd: ImageEnd,
): number[] {
  let at = start + nullBytes
  if (at > end) throw invalidEvent(position, 'a row ends too early')
  const spans = blank.slice()
  let nullBit = 1
  let nullAt = start
  let nulls = bytes[nullAt] as number
  for (let i = 0; i < extents.length; i++) {
    const extent = extents[i] as number
    if (extent === 0) {
      spans[2 * i] = SPAN_UNAVAILABLE
      continue
    }
    if (nullBit === 0x100) {
      nullBit = 1
      nulls = bytes[++nullAt] as number
    }
    const isNull = (nulls & nullBit) !== 0
    nullBit <<= 1
    if (isNull) continue
    let length = extent
    if (extent < 0) {
      if (at - extent > end) throw invalidEvent(position, 'a row ends too early')
      length = extent === -1 ? (bytes[at] as number) : lengthAt(bytes, at, -extent)
      at -= extent
    }
    if (length > end - at) throw invalidEvent(position, 'a value ends behind its event')
    spans[2 * i] = at
    at += length
    spans[2 * i + 1] = at
  }
  imageEnd.at = at
  return spans
}

function lengthAt(bytes: Buffer, at: number, count: number): number {
  let length = (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
  if (count > 2) length += (bytes[at + 2] as number) * 0x1_0000
  if (count > 3) length += (bytes[at + 3] as number) * 0x100_0000
  return length
}
