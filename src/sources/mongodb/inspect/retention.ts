import { OffbeatError } from '../../../model/error.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { numberOf } from '../connect/reply.ts'

const HOUR_MS = 3_600_000

/** What the server says of how it keeps its oplog, and of itself. */
export interface ServerStatus {
  /** `storage.oplogMinRetentionHours`; 0: the server promises no time. null: it does not report it. */
  readonly minimumMs: number | null
  /** When the process began, by the server's clock; null: not known. */
  readonly startedAtMs: number | null
  readonly atMs: number | null
}

const NOTHING: ServerStatus = { minimumMs: null, startedAtMs: null, atMs: null }

/** `denied`: the user lacks clusterMonitor. */
export async function readServerStatus(
  connection: MongodbConnection,
  signal: AbortSignal,
): Promise<ServerStatus & { readonly denied: boolean }> {
  try {
    const reply = await connection.command(
      'admin',
      { serverStatus: 1, metrics: 0, locks: 0, wiredTiger: 0, tcmalloc: 0, network: 0, opcounters: 0 },
      { signal },
    )
    const hours = numberOf(reply['oplogTruncation']?.oplogMinRetentionHours)
    const uptimeMs = numberOf(reply['uptimeMillis'])
    const atMs = reply['localTime'] instanceof Date ? reply['localTime'].getTime() : null
    return {
      minimumMs: hours === null ? null : hours * HOUR_MS,
      startedAtMs: uptimeMs === null || atMs === null ? null : atMs - uptimeMs,
      atMs,
      denied: false,
    }
  } catch (error) {
    if (error instanceof OffbeatError && error.code === 'DATABASE_PERMISSION') return { ...NOTHING, denied: true }
    throw error
  }
}
