/** The column types in a table map, by their names in MySQL's source code. 140 and 141 exist only in MariaDB. */
export const TYPE = {
  DECIMAL: 0,
  TINY: 1,
  SHORT: 2,
  LONG: 3,
  FLOAT: 4,
  DOUBLE: 5,
  NULL: 6,
  TIMESTAMP: 7,
  LONGLONG: 8,
  INT24: 9,
  DATE: 10,
  TIME: 11,
  DATETIME: 12,
  YEAR: 13,
  NEWDATE: 14,
  VARCHAR: 15,
  BIT: 16,
  TIMESTAMP2: 17,
  DATETIME2: 18,
  TIME2: 19,
  MARIADB_BLOB_COMPRESSED: 140,
  MARIADB_VARCHAR_COMPRESSED: 141,
  VECTOR: 242,
  JSON: 245,
  NEWDECIMAL: 246,
  ENUM: 247,
  SET: 248,
  TINY_BLOB: 249,
  MEDIUM_BLOB: 250,
  LONG_BLOB: 251,
  BLOB: 252,
  VAR_STRING: 253,
  STRING: 254,
  GEOMETRY: 255,
} as const

/** How many metadata bytes the table map has for a type. Types with none are not listed. */
const META_BYTES: ReadonlyMap<number, number> = new Map([
  [TYPE.FLOAT, 1],
  [TYPE.DOUBLE, 1],
  [TYPE.VARCHAR, 2],
  [TYPE.BIT, 2],
  [TYPE.TIMESTAMP2, 1],
  [TYPE.DATETIME2, 1],
  [TYPE.TIME2, 1],
  [TYPE.MARIADB_BLOB_COMPRESSED, 1],
  [TYPE.MARIADB_VARCHAR_COMPRESSED, 2],
  [TYPE.VECTOR, 1],
  [TYPE.JSON, 1],
  [TYPE.NEWDECIMAL, 2],
  [TYPE.ENUM, 2],
  [TYPE.SET, 2],
  [TYPE.TINY_BLOB, 1],
  [TYPE.MEDIUM_BLOB, 1],
  [TYPE.LONG_BLOB, 1],
  [TYPE.BLOB, 1],
  [TYPE.VAR_STRING, 2],
  [TYPE.STRING, 2],
  [TYPE.GEOMETRY, 1],
])

/**
 * Types without metadata bytes, by number. DECIMAL, the type of MySQL before 5.0, is not listed because it does not occur in rows today.
 */
const PLAIN: ReadonlySet<number> = new Set([
  TYPE.TINY,
  TYPE.SHORT,
  TYPE.LONG,
  TYPE.TIMESTAMP,
  TYPE.LONGLONG,
  TYPE.INT24,
  TYPE.DATE,
  TYPE.TIME,
  TYPE.DATETIME,
  TYPE.YEAR,
  TYPE.NEWDATE,
])

/** The number of metadata bytes. undefined: the type is unknown, so the rest of the table map cannot be read. */
export function metaBytes(type: number): number | undefined {
  return META_BYTES.get(type) ?? (PLAIN.has(type) ? 0 : undefined)
}

/** The actual column type, independent of how the table map encodes it. */
export interface WireType {
  readonly type: number
  /**
   * CHAR and VARCHAR: the maximum length in bytes. Blobs, JSON, geometry, vectors: the number of length bytes. ENUM, SET, BIT: the bytes of
   * a value. NEWDECIMAL: the precision. Times: the decimals of the second. FLOAT and DOUBLE: the bytes of a value.
   */
  readonly size: number
  /** NEWDECIMAL: the scale. BIT: the number of bits. */
  readonly detail: number
}

/** `first` and `second`: the type's metadata bytes, or 0 if it has fewer. */
export function wireType(type: number, first: number, second: number): WireType {
  switch (type) {
    case TYPE.STRING:
      return stringType(first, second)
    case TYPE.VARCHAR:
    case TYPE.VAR_STRING:
    case TYPE.MARIADB_VARCHAR_COMPRESSED:
      return { type, size: first | (second << 8), detail: 0 }
    case TYPE.BIT:
      return { type, size: second + (first > 0 ? 1 : 0), detail: second * 8 + first }
    default:
      return { type, size: first, detail: second }
  }
}

/**
 * CHAR, ENUM and SET: the first byte is the actual type, except for two bits. These are the inverted highest two bits of a length above
 * 255.
 */
function stringType(first: number, second: number): WireType {
  const type = first | 0x30
  const size = second | (((first & 0x30) ^ 0x30) << 4)
  return { type: type === TYPE.ENUM || type === TYPE.SET ? type : TYPE.STRING, size, detail: 0 }
}
