import type { StatementOptions } from '../../../connect/session-life.ts'
import { text } from '../../../connect/text-row.ts'
import type { PostgresConnection } from '../../connect/connection.ts'
import { FROM_TABLES } from '../../tables/table-name.ts'

export interface WatchableTable {
  readonly schema: string
  readonly name: string
  readonly mayRead: boolean
}

/** Of every table that can be published. */
export async function readWatchable(
  connection: PostgresConnection,
  options: StatementOptions,
): Promise<readonly WatchableTable[]> {
  const rows = await connection.query(
    `SELECT n.nspname::text AS schema, c.relname::text AS name,
       (has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))::text AS may_read
     ${FROM_TABLES} ORDER BY 1, 2`,
    [],
    options,
  )
  return rows.map((row) => ({
    schema: text(row, 'schema'),
    name: text(row, 'name'),
    mayRead: row['may_read'] === 'true',
  }))
}
