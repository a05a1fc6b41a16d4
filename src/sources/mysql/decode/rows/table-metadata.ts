import type { EventCursor } from '../framing/event-cursor.ts'
import { TYPE, type WireType } from './column-type.ts'

/**
 * The optional metadata of a table map, depending on `binlog_row_metadata`: nothing with MariaDB's NO_LOG and before MySQL 8.0; signs,
 * collations and geometry types with MINIMAL; all of it with FULL.
 *
 *   metadata     (field:u8 length:lenenc value)*
 *   value        1 signs: bit for each numeric column, the highest of a byte first: it is unsigned
 *              | 2 default collation of character columns:lenenc (index:lenenc collation:lenenc)*      index: among these columns
 *              | 3 collation:lenenc, for each character column
 *              | 4 (length:lenenc name)*
 *              | 5 members of each SET: (count:lenenc (length:lenenc member)*)*
 *              | 6 members of each ENUM: the same
 *              | 7 type:lenenc, for each geometry column
 *              | 8 column:lenenc, for each one of the primary key
 *              | 9 (column:lenenc prefix:lenenc)*, where the primary key takes the beginning of a value alone; 0: the whole value
 *              | 10, 11 as 2 and 3 for ENUM and SET columns
 *              | 12 bit for each column, the highest of a byte first: it is visible
 *              | 13 dimensions:lenenc, for each vector column
 */
export interface TableMetadata {
  /** By column, false for a column that is not numeric. null: not in the log. */
  readonly unsigned: readonly boolean[] | null
  /** By column, null for a column without characters. null instead of the list: not in the log. */
  readonly collations: readonly (number | null)[] | null
  /** Like `collations`, for ENUM and SET columns. */
  readonly memberCollations: readonly (number | null)[] | null
  readonly names: readonly string[] | null
  /** By column: the members of ENUM and SET columns, in bytes of their character set. */
  readonly members: readonly (readonly Buffer[] | null)[] | null
  /** The indexes of the primary key's columns. null: not in the log, or the table has no primary key. */
  readonly key: readonly number[] | null
  readonly visible: readonly boolean[] | null
}

const SIGNS = 1
const DEFAULT_COLLATION = 2
const COLLATIONS = 3
const NAMES = 4
const SET_MEMBERS = 5
const ENUM_MEMBERS = 6
const KEY = 8
const KEY_WITH_PREFIXES = 9
const DEFAULT_MEMBER_COLLATION = 10
const MEMBER_COLLATIONS = 11
const VISIBILITY = 12

type Belongs = (column: WireType) => boolean

const NUMERIC: ReadonlySet<number> = new Set([
  TYPE.TINY,
  TYPE.SHORT,
  TYPE.INT24,
  TYPE.LONG,
  TYPE.LONGLONG,
  TYPE.NEWDECIMAL,
  TYPE.FLOAT,
  TYPE.DOUBLE,
  // It is never signed, and has a bit all the same (seen on MySQL 9.7 and MariaDB 10.11).
  TYPE.YEAR,
])

const isNumeric: Belongs = ({ type }) => NUMERIC.has(type)

const WITH_CHARACTERS: ReadonlySet<number> = new Set([
  TYPE.STRING,
  TYPE.VAR_STRING,
  TYPE.VARCHAR,
  TYPE.BLOB,
  TYPE.TINY_BLOB,
  TYPE.MEDIUM_BLOB,
  TYPE.LONG_BLOB,
  TYPE.MARIADB_BLOB_COMPRESSED,
  TYPE.MARIADB_VARCHAR_COMPRESSED,
  // MySQL's own type, with the collation `binary`.
  TYPE.VECTOR,
])

/** MariaDB counts geometry as a type with characters. */
function characterTypes(isMariadb: boolean): Belongs {
  return ({ type }) => WITH_CHARACTERS.has(type) || (isMariadb && type === TYPE.GEOMETRY)
}

const isSet = ({ type }: WireType) => type === TYPE.SET
const isEnum = ({ type }: WireType) => type === TYPE.ENUM
const hasMembers = (column: WireType) => isSet(column) || isEnum(column)

interface Metadata {
  unsigned: boolean[] | null
  collations: (number | null)[] | null
  memberCollations: (number | null)[] | null
  names: string[] | null
  members: (readonly Buffer[] | null)[] | null
  key: number[] | null
  visible: boolean[] | null
}

export function readTableMetadata(
  cursor: EventCursor,
  columns: readonly WireType[],
  isMariadb: boolean,
): TableMetadata {
  const hasCharacters = characterTypes(isMariadb)
  const found: Metadata = {
    unsigned: null,
    collations: null,
    memberCollations: null,
    names: null,
    members: null,
    key: null,
    visible: null,
  }
  while (cursor.left > 0) {
    const field = cursor.u8()
    readField(field, cursor.part(cursor.lenenc()), columns, hasCharacters, found)
  }
  return found
}

function readField(
  field: number,
  value: EventCursor,
  columns: readonly WireType[],
  hasCharacters: Belongs,
  to: Metadata,
): void {
  switch (field) {
    case SIGNS:
      to.unsigned = readBits(value, columns, isNumeric)
      break
    case DEFAULT_COLLATION:
      to.collations = readDefaultAndOthers(value, columns, hasCharacters)
      break
    case COLLATIONS:
      to.collations = readEach(value, columns, hasCharacters)
      break
    case NAMES:
      to.names = columns.map(() => value.text(value.lenenc()))
      break
    case SET_MEMBERS:
    case ENUM_MEMBERS:
      to.members = readMembers(value, columns, field === SET_MEMBERS ? isSet : isEnum, to.members)
      break
    case KEY:
    case KEY_WITH_PREFIXES:
      to.key = readKey(value, columns.length, field === KEY_WITH_PREFIXES)
      break
    case DEFAULT_MEMBER_COLLATION:
      to.memberCollations = readDefaultAndOthers(value, columns, hasMembers)
      break
    case MEMBER_COLLATIONS:
      to.memberCollations = readEach(value, columns, hasMembers)
      break
    case VISIBILITY:
      to.visible = readBits(value, columns, () => true)
      break
    default:
      return
  }
  value.finish()
}

function readBits(value: EventCursor, columns: readonly WireType[], belongs: Belongs): boolean[] {
  let [byte, bit] = [0, 0]
  return columns.map((column) => {
    if (!belongs(column)) return false
    if (bit === 0) {
      byte = value.u8()
      bit = 0x80
    }
    const isSetBit = (byte & bit) !== 0
    bit >>= 1
    return isSetBit
  })
}

function readEach(value: EventCursor, columns: readonly WireType[], belongs: Belongs): (number | null)[] {
  return columns.map((column) => (belongs(column) ? value.lenenc() : null))
}

function readDefaultAndOthers(value: EventCursor, columns: readonly WireType[], belongs: Belongs): (number | null)[] {
  const usual = value.lenenc()
  const others = new Map<number, number>()
  while (value.left > 0) others.set(value.lenenc(), value.lenenc())
  let index = 0
  const collations = columns.map((column) => (belongs(column) ? (others.get(index++) ?? usual) : null))
  for (const other of others.keys()) if (other >= index) throw value.invalid('a collation of a column that is none')
  return collations
}

function readMembers(
  value: EventCursor,
  columns: readonly WireType[],
  belongs: Belongs,
  others: readonly (readonly Buffer[] | null)[] | null,
): (readonly Buffer[] | null)[] {
  return columns.map((column, i) => (belongs(column) ? readMemberList(value) : (others?.[i] ?? null)))
}

function readMemberList(value: EventCursor): Buffer[] {
  const count = value.lenenc()
  const members: Buffer[] = []
  for (let i = 0; i < count; i++) members.push(value.copy(value.lenenc()))
  return members
}

function readKey(value: EventCursor, columns: number, withPrefixes: boolean): number[] {
  const key: number[] = []
  while (value.left > 0) {
    const column = value.lenenc()
    if (column >= columns) throw value.invalid('a key with a column that is none')
    key.push(column)
    if (withPrefixes) value.lenenc()
  }
  return key
}
