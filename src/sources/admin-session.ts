/**
 * An administrator's session on the servers of a source: made from `--admin URL` or `OFFBEAT_ADMIN_URL`, used once, stored nowhere, never
 * printed. Only `setup --apply` and `doctor --fix` have one. Every method rejects with a classified error. `database` is where the
 * statement runs; absent: the database that the source captures. A connection to each is opened when first needed.
 */
export interface AdminSession extends AsyncDisposable {
  readonly place: AdminPlace
  /** Runs one statement. It may hold a password, so no error repeats it. */
  run(statement: string, signal: AbortSignal, database?: string): Promise<void>
  /** Whether the first column of the query's first row is true; false for no row, for NULL, and where what it asks about does not exist. */
  holds(query: string, params: readonly string[], signal: AbortSignal, database?: string): Promise<boolean>
  /** The first column of every row, as text; NULL is left out. */
  list(query: string, params: readonly string[], signal: AbortSignal, database?: string): Promise<readonly string[]>
}

/** Whether the administrator's URL leads to the server that the source reads, or to its primary. One server may have two names, so it is asked. */
export type AdminPlace =
  | { readonly is: 'same' }
  | {
      readonly is: 'other' | 'unknown'
      /** Host and port that the URL names. */
      readonly admin: string
      /** Those of the source. */
      readonly source: string
      /** What tells them apart, or why it is not known. */
      readonly found: string
    }
