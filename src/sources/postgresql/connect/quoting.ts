import { KEYWORDS } from './keyword.ts'

/*
 * How to write a name or a text in what is printed or sent: in SQL, in replication commands, in psql, in pg_hba.conf and in a connection
 * string. Each has its own rules.
 */

export interface QualifiedName {
  readonly schema: string
  readonly name: string
}

/** A character that would break a statement's line, or move the cursor where it is printed. */
const CONTROL = /[\p{Cc}\u2028\u2029]/gu

/**
 * A name in an SQL statement, as the server's own `quote_ident` writes it. Control characters are written as escapes, so that the name
 * stays on one line.
 */
export function quoteIdentifier(name: string): string {
  if (/^[a-z_][a-z0-9_]*$/.test(name) && !KEYWORDS.has(name)) return name
  const quoted = inDoubleQuotes(name)
  if (name.search(CONTROL) < 0) return quoted
  return `U&${quoted.replaceAll('\\', '\\\\').replaceAll(CONTROL, (at) => `\\${codeOf(at)}`)}`
}

export function quoteTable({ schema, name }: QualifiedName): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
}

/**
 * A text in an SQL statement, valid with either value of `standard_conforming_strings`. A text with a backslash becomes a literal that
 * marks its escapes (`E'...'`).
 */
export function quoteLiteral(text: string): string {
  const quoted = protocolLiteral(text)
  if (!text.includes('\\') && text.search(CONTROL) < 0) return quoted
  return `E${quoted.replaceAll('\\', '\\\\').replaceAll(CONTROL, (at) => `\\u${codeOf(at)}`)}`
}

function codeOf(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, '0')
}

/** A text in a replication command, whose grammar has no escapes. */
export function protocolLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A name in a replication command. It is always quoted, since that grammar has its own keywords. */
export function protocolIdentifier(name: string): string {
  return inDoubleQuotes(name)
}

function inDoubleQuotes(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

/** A psql command. psql treats a name with `=` as a connection string, and then keeps the host and user only if told to. */
export function psqlConnect(database: string): string {
  if (/^[a-z_][a-z0-9_]*$/.test(database)) return `\\connect ${database}`
  const isString = database.includes('=') || /^postgres(ql)?:\/\//.test(database)
  const argument = isString ? `dbname=${conninfoValue(database)}` : database
  return `\\connect ${isString ? '-reuse-previous=on ' : ''}${inDoubleQuotes(argument)}`
}

/** A database or a role in pg_hba.conf. In quotes, words such as `all` and `replication` lose their special meaning. */
export function hbaName(name: string): string {
  const isPlain = /^[a-z_][a-z0-9_]*$/.test(name) && !HBA_WORDS.has(name)
  return isPlain ? name : inDoubleQuotes(name)
}

const HBA_WORDS = new Set(['all', 'sameuser', 'samerole', 'samegroup', 'replication', 'include'])

/** A value in a connection string of `keyword=value`. */
export function conninfoValue(text: string): string {
  return /^[A-Za-z0-9_.:<>-]+$/.test(text) ? text : `'${text.replaceAll(/['\\]/g, '\\$&')}'`
}
