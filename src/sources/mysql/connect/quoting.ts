import { KEYWORDS } from './keyword.ts'

/*
 * How names and strings are quoted in statements that we print or send. Our sessions do not change the parts of the default `sql_mode` that
 * affect quoting.
 */

export interface QualifiedName {
  readonly database: string
  readonly name: string
}

/** A user together with the hosts from which it can log in, as `CURRENT_USER()` reports it. */
export interface Account {
  readonly user: string
  /** `%`: any host. */
  readonly host: string
}

export function quoteName(name: string): string {
  const isPlain = /^[a-z_][a-z0-9_]*$/i.test(name) && !KEYWORDS.has(name.toLowerCase())
  return isPlain ? name : inBackticks(name)
}

export function quoteTable({ database, name }: QualifiedName): string {
  return `${quoteName(database)}.${quoteName(name)}`
}

/**
 * All objects of a database, in GRANT and REVOKE. There the name is a pattern in which `_` and `%` match any characters, unless the server
 * has `partial_revokes` on.
 */
export function quoteDatabaseObjects(database: string, partialRevokes = false): string {
  const isPattern = !partialRevokes && /[_%]/.test(database)
  return `${isPattern ? inBackticks(database.replaceAll(/[_%]/g, '\\$&')) : quoteName(database)}.*`
}

/** A quoted string, for a session in which the backslash is an escape character. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\0', '\\0')}'`
}

/** The same text as an expression that every `sql_mode` reads in the same way, for statements that people run in sessions of their own. */
export function neutralLiteral(text: string): string {
  return text.includes('\\')
    ? `CONVERT(X'${Buffer.from(text).toString('hex')}' USING utf8mb4)`
    : `'${text.replaceAll("'", "''")}'`
}

/** An account, as statements about accounts write it. Every `sql_mode` reads it in the same way. */
export function quoteAccount(user: string, host = '%'): string {
  return `${accountPart(user)}@${accountPart(host)}`
}

function accountPart(text: string): string {
  return /['\\]/.test(text) ? inBackticks(text) : `'${text}'`
}

/** Parses `user@host` as the server reports it. The user can contain `@`; a host cannot. */
export function parseAccount(text: string): Account {
  const at = text.lastIndexOf('@')
  return at < 0 ? { user: text, host: '%' } : { user: text.slice(0, at), host: text.slice(at + 1) }
}

function inBackticks(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}
