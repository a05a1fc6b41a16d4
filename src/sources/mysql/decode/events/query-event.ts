import type { EventCursor } from '../framing/event-cursor.ts'

/**
 * A statement as text: the start or end of a transaction (BEGIN, COMMIT, ROLLBACK, XA ...), or anything without rows (DDL).
 *
 *   query       thread:u32 seconds:u32 databaseLength:u8 error:u16 variablesLength:u16 variable* database:text 0 statement:text
 *   variable    code:u8 value, see VARIABLE_BYTES; the length of one that is not known is not known either, so the rest is passed over
 */
export interface QueryEvent {
  readonly thread: number
  /** The session's default database. '': none. */
  readonly database: string
  readonly statement: string
  /** The number of the client's collation. null: not in the log. */
  readonly clientCollation: number | null
  /** The session's time zone, if the statement depends on it. */
  readonly timeZone: string | null
  /** The microseconds to add to the header's timestamp. */
  readonly microseconds: number
}

const LOAD_BYTES = 13
const CATALOG = 2
const CHARSET = 4
const TIME_ZONE = 5
const CATALOG_WITHOUT_ZERO = 6
const INVOKER = 11
const UPDATED_DATABASES = 12
const MICROSECONDS = 13
const MARIADB_MICROSECONDS = 128
/** Replaces the number of databases if there are too many to list. */
const TOO_MANY = 254

/** The lengths of the variables that have a fixed length. */
const VARIABLE_BYTES: ReadonlyMap<number, number> = new Map([
  [0, 4],
  [1, 8],
  [3, 4],
  [7, 2],
  [8, 2],
  [9, 8],
  [10, 4],
  [16, 1],
  [17, 8],
  [18, 2],
  [19, 1],
  [20, 1],
  [129, 8],
])

const FIXED_BYTES = 13
const BEGIN = Buffer.from('\0BEGIN')

/** Whether the statement is BEGIN, which is the most frequent one. This does not decode the rest of the event. */
export function isBegin({ bytes, at, end }: EventCursor): boolean {
  const length = end - at
  const beginAt = end - BEGIN.length
  if (length < FIXED_BYTES + BEGIN.length) return false
  const databaseLength = bytes[at + 8] as number
  if (FIXED_BYTES + bytes.readUInt16LE(at + 11) + databaseLength + BEGIN.length !== length) return false
  for (let i = 0; i < BEGIN.length; i++) if (bytes[beginAt + i] !== BEGIN[i]) return false
  return true
}

interface Variables {
  clientCollation: number | null
  timeZone: string | null
  microseconds: number
}

/** `unpack`: decompresses MariaDB's compressed query event, in which only the statement is compressed. */
export function readQuery(cursor: EventCursor, unpack?: (cursor: EventCursor) => EventCursor): QueryEvent {
  return readAfter(cursor, 0, unpack)
}

/** LOAD DATA as a statement: `query` with 13 more bytes in front of its first variable. They locate the file name in the statement. */
export function readLoadQuery(cursor: EventCursor): QueryEvent {
  return readAfter(cursor, LOAD_BYTES)
}

function readAfter(cursor: EventCursor, skipped: number, unpack?: (cursor: EventCursor) => EventCursor): QueryEvent {
  const thread = cursor.u32()
  cursor.skip(4)
  const databaseLength = cursor.u8()
  cursor.skip(2)
  const variablesLength = cursor.u16()
  cursor.skip(skipped)
  const variables = readVariables(cursor.part(variablesLength))
  const database = cursor.text(databaseLength)
  if (cursor.u8() !== 0) throw cursor.invalid('the name of the database does not end')
  const text = unpack?.(cursor) ?? cursor
  return { thread, database, ...variables, statement: text.text(text.left) }
}

function readVariables(cursor: EventCursor): Variables {
  const variables: Variables = { clientCollation: null, timeZone: null, microseconds: 0 }
  while (cursor.left > 0) {
    const code = cursor.u8()
    const bytes = VARIABLE_BYTES.get(code)
    if (bytes !== undefined) cursor.skip(bytes)
    else if (!readVariable(code, cursor, variables)) break
  }
  return variables
}

/** false: the variable is unknown. */
function readVariable(code: number, cursor: EventCursor, to: Variables): boolean {
  switch (code) {
    case CHARSET:
      to.clientCollation = cursor.u16()
      cursor.skip(4)
      return true
    case TIME_ZONE:
      to.timeZone = cursor.text(cursor.u8())
      return true
    case MICROSECONDS:
    case MARIADB_MICROSECONDS:
      to.microseconds = cursor.unsigned(3)
      return true
    case CATALOG:
      cursor.skip(cursor.u8() + 1)
      return true
    case CATALOG_WITHOUT_ZERO:
      cursor.skip(cursor.u8())
      return true
    case INVOKER:
      cursor.skip(cursor.u8())
      cursor.skip(cursor.u8())
      return true
    case UPDATED_DATABASES:
      skipDatabases(cursor)
      return true
    default:
      return false
  }
}

function skipDatabases(cursor: EventCursor): void {
  const count = cursor.u8()
  if (count === TOO_MANY) return
  for (let i = 0; i < count; i++) while (cursor.u8() !== 0);
}
