import type { ServerTraits } from '../../admin/admin-place.ts'
import type { StatementOptions } from '../../connect/session-life.ts'
import { text } from '../../connect/text-row.ts'
import type { PostgresqlConfig } from '../config.ts'
import { connectPostgres, type PostgresConnection } from './connection.ts'

const IDENTITY = `
  SELECT system_identifier::text AS system, pg_is_in_recovery()::text AS standby,
    extract(epoch FROM pg_postmaster_start_time())::text AS started FROM pg_control_system()`

export async function identityOf(connection: PostgresConnection, options: StatementOptions): Promise<ServerTraits> {
  const [row = {}] = await connection.query(IDENTITY, [], options)
  return { id: text(row, 'system'), standby: text(row, 'standby') === 'true', started: text(row, 'started') }
}

/** The identity of the server that this configuration connects to. */
export async function identityAt(
  config: PostgresqlConfig,
  source: string,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<ServerTraits> {
  await using connection = await connectPostgres(config, {
    source,
    use: 'inspect',
    signal,
    connectTimeoutMs: timeoutMs,
  })
  return await identityOf(connection, { signal, timeoutMs })
}
