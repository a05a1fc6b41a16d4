/** Runs one statement; a `?` in it is a value. Gives its rows with every value as text, null for NULL. */
export type TextQuery = (
  sql: string,
  values?: readonly string[],
) => Promise<readonly { readonly [column: string]: string | null }[]>
