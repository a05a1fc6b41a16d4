import { KEYWORDS } from './keyword.ts'

/*
 * How a name or a text is written in what is printed and sent: in SQL, in commands of the replication protocol, in psql, in pg_hba.conf and in
 * a connection string. Each has rules of its own.
 */

export interface QualifiedName {
  readonly schema: string
  readonly name: string
}

/** A character that would break the line of a statement, or move the cursor where it is printed. */
const CONTROL = /[\p{Cc}\u2028\u2029]/gu

/** A name in an SQL statement, as the server's own `quote_ident` writes it; control characters as escapes, so that the name is one line. */
export function quoteIdentifier(name: string): string {
  if (/^[a-z_][a-z0-9_]*$/.test(name) && !KEYWORDS.has(name)) return name
  const quoted = inDoubleQuotes(name)
  if (name.search(CONTROL) < 0) return quoted
  return `U&${quoted.replaceAll('\\', '\\\\').replaceAll(CONTROL, (at) => `\\${codeOf(at)}`)}`
}

export function quoteTable({ schema, name }: QualifiedName): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
}

/** A text in an SQL statement, whatever `standard_conforming_strings` is: with a backslash in it, the literal says that it is special. */
export function quoteLiteral(text: string): string {
  const quoted = protocolLiteral(text)
  if (!text.includes('\\') && text.search(CONTROL) < 0) return quoted
  return `E${quoted.replaceAll('\\', '\\\\').replaceAll(CONTROL, (at) => `\\u${codeOf(at)}`)}`
}

function codeOf(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, '0')
}

/** A text in a command of the replication protocol, whose grammar knows no escapes. */
export function protocolLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A name in a command of the replication protocol: always quoted, since its grammar has keywords of its own. */
export function protocolIdentifier(name: string): string {
  return inDoubleQuotes(name)
}

function inDoubleQuotes(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

/** A psql command. A name with `=` is a connection string to psql, which then keeps host and user only where it is asked to. */
export function psqlConnect(database: string): string {
  if (/^[a-z_][a-z0-9_]*$/.test(database)) return `\\connect ${database}`
  const isString = database.includes('=') || /^postgres(ql)?:\/\//.test(database)
  const argument = isString ? `dbname=${conninfoValue(database)}` : database
  return `\\connect ${isString ? '-reuse-previous=on ' : ''}${inDoubleQuotes(argument)}`
}

/** A database or a role in pg_hba.conf: quotes take the meaning from words such as `all` and `replication`. */
export function hbaName(name: string): string {
  const isPlain = /^[a-z_][a-z0-9_]*$/.test(name) && !HBA_WORDS.has(name)
  return isPlain ? name : inDoubleQuotes(name)
}

const HBA_WORDS = new Set(['all', 'sameuser', 'samerole', 'samegroup', 'replication', 'include'])

/** A value in a connection string of `keyword=value`. */
export function conninfoValue(text: string): string {
  return /^[A-Za-z0-9_.:<>-]+$/.test(text) ? text : `'${text.replaceAll(/['\\]/g, '\\$&')}'`
}
