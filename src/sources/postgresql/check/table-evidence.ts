import type { PostgresConnection, StatementOptions } from '../connection.ts'
import { text } from '../server-facts.ts'

export interface TableIdentity {
  readonly schema: string
  readonly name: string
  /** It has rows of its own. */
  readonly isPlain: boolean
  /** The old row can be told in the log, so that updates and deletes may be published. */
  readonly hasIdentity: boolean
  readonly mayRead: boolean
}

/** Of every table that can be published. */
export async function lookAtIdentities(
  connection: PostgresConnection,
  options: StatementOptions,
): Promise<readonly TableIdentity[]> {
  const rows = await connection.query(
    `SELECT n.nspname::text AS schema, c.relname::text AS name, (c.relkind = 'r')::text AS plain,
       (has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))::text AS may_read,
       (c.relreplident = 'f' OR EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisvalid
         AND ((c.relreplident = 'd' AND i.indisprimary AND i.indimmediate) OR (c.relreplident = 'i' AND i.indisreplident))))::text AS identity
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
     ORDER BY 1, 2`,
    [],
    options,
  )
  return rows.map((row) => ({
    schema: text(row, 'schema'),
    name: text(row, 'name'),
    isPlain: row['plain'] === 'true',
    hasIdentity: row['identity'] === 'true',
    mayRead: row['may_read'] === 'true',
  }))
}
