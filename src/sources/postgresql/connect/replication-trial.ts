import { asOffbeatError, type OffbeatError } from '../../../model/error.ts'
import { onlyHost } from '../../connect/host-order.ts'
import type { DatabaseTarget } from '../../connect/server-target.ts'
import type { PostgresqlConfig } from '../config.ts'
import { connectPostgres } from './connection.ts'

/**
 * Opens a replication connection as `run` does, and closes it at once. It uses no slot, but a WAL sender for that moment. Returns why the
 * connection cannot be opened; null: it can.
 */
export async function tryReplication(
  config: PostgresqlConfig,
  at: DatabaseTarget,
  source: string,
  signal: AbortSignal,
): Promise<OffbeatError | null> {
  try {
    await using _replication = await connectPostgres(onlyHost(config, at), { source, use: 'log', signal })
    return null
  } catch (thrown) {
    signal.throwIfAborted()
    return asOffbeatError(thrown)
  }
}
