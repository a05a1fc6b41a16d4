import type { QueryEvent } from '../events/query-event.ts'
import type { EventPosition } from '../framing/event-position.ts'

/** A statement in the log that changes, creates, drops or renames tables. */
export interface TableStatement {
  /** The session's default database. '': none. */
  readonly database: string
  readonly statement: string
  /** false: the statement has characters in an encoding other than UTF-8, so names in it cannot be trusted. */
  readonly isReadable: boolean
  readonly file: string | null
  /** The offset of the event in the file. */
  readonly offset: number
}

const DEFINES = /^(?:alter|create|drop|rename)\b/iu
/** Objects whose statements never change a table's columns or key. A temporary table has no rows in a row-based log. */
const HARMLESS =
  /^\w+\s+(?:or\s+replace\s+)?(?:\/\*!\d*\s*)?(?:temporary|database|schema|user|role|function|aggregate|procedure|package|trigger|event|view|server|sequence|tablespace|undo|logfile|resource|spatial\s+reference|instance)\b/iu

/** Whether the statement can change the columns or the key of a table. `statement`: without comments in front. */
export function definesTables(statement: string): boolean {
  return DEFINES.test(statement) && !HARMLESS.test(statement)
}

/** `isUtf8`: whether the collation with this number is one of UTF-8. */
export function tableStatement(
  { database, statement, clientCollation }: QueryEvent,
  { file, offset }: EventPosition,
  isUtf8: (collation: number) => boolean,
): TableStatement {
  const isAscii = !/[\u{80}-\u{10ffff}]/u.test(statement)
  const isReadable = isAscii || clientCollation === null || isUtf8(clientCollation)
  return { database, statement, isReadable, file, offset }
}

/** What precedes the name of a table that is created. Other names, as after LIKE, SELECT or REFERENCES, are of tables that stay the same. */
const CREATES = /^create\s+(?:or\s+replace\s+)?table\s+(?:if\s+not\s+exists\s+)?(?=[`"\p{L}\p{N}_$])/iu
/** A name, with its database if it has one. A comment inside is not allowed. */
const CREATED =
  /^(?:`(?:[^`]|``)+`|"(?:[^"]|"")+"|[\p{L}\p{N}_$]+)(?:\s*\.\s*(?:`(?:[^`]|``)+`|"(?:[^"]|"")+"|[\p{L}\p{N}_$]+))?(?![\p{L}\p{N}_$]|\s*[./#`"-])/u

/** The part of the statement that names the tables it can change. */
function changedPart(statement: string): string {
  const prefix = CREATES.exec(statement)?.[0]
  return prefix === undefined ? statement : (CREATED.exec(statement.slice(prefix.length))?.[0] ?? statement)
}

const TOKEN = /`((?:[^`]|``)+)`|"((?:[^"]|"")+)"|([\p{L}\p{N}_$]+)|(\.)|[^\s]/gu

/** Returns whether the statement names a table. */
export type NamesTable = (database: string, table: string) => boolean

/**
 * The tables that the statement names. A name that is also that of a column or an index counts, and upper and lower case are the same: a
 * table too many is only inspected again.
 */
export function tablesIn(statement: TableStatement): NamesTable {
  const known = NAMES.get(statement)
  if (known !== undefined) return known
  const names = namesIn(statement)
  NAMES.set(statement, names)
  return names
}

/** The statements in the rest of the log are asked for each table that is met. */
const NAMES = new WeakMap<TableStatement, NamesTable>()

function namesIn({ statement, database, isReadable }: TableStatement): NamesTable {
  if (!isReadable) return () => true
  const named = new Set<string>()
  let qualifier: string | null = null
  let last: string | null = null
  for (const [, quoted, ansi, bare, dot] of changedPart(statement).matchAll(TOKEN)) {
    if (dot !== undefined) {
      qualifier = last
      continue
    }
    const name = quoted?.replaceAll('``', '`') ?? ansi?.replaceAll('""', '"') ?? bare ?? null
    last = name?.toLowerCase() ?? null
    if (last !== null) named.add(keyOf(qualifier ?? database.toLowerCase(), last))
    qualifier = null
  }
  return (of, table) => named.has(keyOf(of.toLowerCase(), table.toLowerCase()))
}

function keyOf(database: string, table: string): string {
  return `${database}\0${table}`
}
