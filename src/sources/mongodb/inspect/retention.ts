import { OffbeatError } from '../../../model/error.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { numberOf } from '../connect/reply.ts'
import { SMALL_STATUS } from './server-status.ts'

const HOUR_MS = 3_600_000

/**
 * `storage.oplogMinRetentionHours` in milliseconds; 0: the server promises no time. null: it does not report it. `denied`: the user lacks
 * clusterMonitor.
 */
export async function readMinimumRetention(
  connection: MongodbConnection,
  signal: AbortSignal,
): Promise<number | null | 'denied'> {
  try {
    const { oplogTruncation } = await connection.command('admin', SMALL_STATUS, { signal })
    const hours = numberOf(oplogTruncation?.oplogMinRetentionHours)
    return hours === null ? null : hours * HOUR_MS
  } catch (error) {
    if (error instanceof OffbeatError && error.code === 'DATABASE_PERMISSION') return 'denied'
    throw error
  }
}
