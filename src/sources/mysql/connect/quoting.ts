import { KEYWORDS } from './keyword.ts'

/*
 * How names and strings are quoted in statements that we print or send. Our sessions do not change the parts of the default `sql_mode` that
 * affect quoting.
 */

/** The name of a database, a table or a column. */
export function quoteName(name: string): string {
  const isPlain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !KEYWORDS.has(name.toLowerCase())
  return isPlain ? name : `\`${name.replaceAll('`', '``')}\``
}

export function quoteTable({ database, name }: { readonly database: string; readonly name: string }): string {
  return `${quoteName(database)}.${quoteName(name)}`
}

/** A quoted string, for a session in which the backslash is an escape character. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\0', '\\0')}'`
}

/** The user from any host, as statements about accounts write it. */
export function quoteAccount(user: string): string {
  return `${quoteLiteral(user)}@'%'`
}
