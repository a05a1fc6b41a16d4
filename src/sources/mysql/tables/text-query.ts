/** Runs one statement. Each `?` in it is replaced by a value. Returns the rows with every value as text, and null for NULL. */
export type TextQuery = (
  sql: string,
  values?: readonly string[],
) => Promise<readonly { readonly [column: string]: string | null }[]>
