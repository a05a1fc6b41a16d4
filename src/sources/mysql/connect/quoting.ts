/* How names and texts are written in statements that are printed and sent. Sessions of ours have the default `sql_mode` in what concerns both. */

/** A text in quotes, for a session in which a backslash is special. */
function quoteLiteral(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\0', '\\0')}'`
}

/** A user from every host, as statements about accounts name it. */
export function quoteAccount(user: string): string {
  return `${quoteLiteral(user)}@'%'`
}
