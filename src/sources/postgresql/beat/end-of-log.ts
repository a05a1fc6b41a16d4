import type { Position } from '../../../model/position.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { LSN_POSITIONS } from '../position.ts'

/**
 * Where the log ends now: after a commit of this session, at or after it. The commit itself cannot say, since what a statement returns is
 * known before it. null: the server does not say; the heartbeat is written all the same.
 */
export async function endOfLog(connection: PostgresConnection, signal: AbortSignal): Promise<Position | null> {
  try {
    const [row] = await connection.query('SELECT pg_catalog.pg_current_wal_insert_lsn()::text AS lsn', [], { signal })
    const lsn = row?.['lsn']
    return typeof lsn === 'string' ? LSN_POSITIONS.parse(lsn) : null
  } catch {
    signal.throwIfAborted()
    return null
  }
}
