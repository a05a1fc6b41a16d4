/*
 * How names and strings are quoted in statements that we print or send. Our sessions do not change the parts of the default `sql_mode` that
 * affect quoting.
 */

/** A quoted string, for a session in which the backslash is an escape character. */
function quoteLiteral(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\0', '\\0')}'`
}

/** The user from any host, as statements about accounts write it. */
export function quoteAccount(user: string): string {
  return `${quoteLiteral(user)}@'%'`
}
