import { bytesInWords } from '../../../model/figures.ts'
import type { StatementOptions } from '../../connect/session-life.ts'
import type { LogOnDisk, SizeOnDisk } from '../../disk-limit.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import type { WalDirectory } from './wal-directory.ts'

/** `wal`: null if the user cannot list `pg_wal`, which contains more than the slot retains. */
export function logOnDisk(wal: WalDirectory | null, heldBytes: bigint | null): LogOnDisk {
  const bytes = Number(wal?.bytes ?? heldBytes ?? 0n)
  const words =
    wal === null
      ? `our slot retains ${bytesInWords(bytes)} of the log; all of pg_wal is more`
      : `pg_wal has ${bytesInWords(bytes)}`
  return { bytes, isWhole: wal !== null, words }
}

export async function databasesOnDisk(connection: PostgresConnection, options: StatementOptions): Promise<SizeOnDisk> {
  const [row] = await connection.query(
    `SELECT coalesce(sum(CASE WHEN may THEN pg_database_size(oid) END), 0)::text AS bytes,
       count(*) FILTER (WHERE NOT may)::text AS unseen
     FROM (SELECT oid, has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE') AS may
           FROM pg_catalog.pg_database) d`,
    [],
    options,
  )
  const bytes = Number(row?.['bytes'] ?? 0)
  const unseen = Number(row?.['unseen'] ?? 0)
  const missing = unseen === 0 ? '' : `, without ${unseen} that this user cannot measure (GRANT pg_monitor shows them)`
  return { bytes, words: `the databases have ${bytesInWords(bytes)}${missing}` }
}
