import type { TextRow } from '../../connect/text-row.ts'
import type { MysqlConnection } from '../connect/connection.ts'
import { atLeast, type ServerVersion } from '../connect/server-version.ts'
import { isDenied } from '../errors/denied.ts'

/**
 * Whether the server replicates from another one. null: the user lacks the privilege to see it, which is REPLICATION CLIENT in MySQL and
 * SLAVE MONITOR in MariaDB.
 */
export async function isReplica(connection: MysqlConnection, signal: AbortSignal): Promise<boolean | null> {
  try {
    return (await replicationStatus(connection, signal)).length > 0
  } catch (error) {
    if (isDenied(error)) return null
    throw error
  }
}

/** A row for each connection over which the server replicates from another one. */
export async function replicationStatus(connection: MysqlConnection, signal: AbortSignal): Promise<readonly TextRow[]> {
  return await connection.query(statusStatement(connection.version), [], { signal })
}

/** MySQL 8.4 no longer has the old words, and 5.7 not yet the new ones. MariaDB has both, and ALL for its named connections. */
function statusStatement(version: ServerVersion): string {
  if (version.product === 'mariadb') return 'SHOW ALL SLAVES STATUS'
  return atLeast(version, [8, 0, 22]) ? 'SHOW REPLICA STATUS' : 'SHOW SLAVE STATUS'
}
