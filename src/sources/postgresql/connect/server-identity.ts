import type { StatementOptions } from '../../connect/session-life.ts'
import { text } from '../../connect/text-row.ts'
import type { PostgresqlConfig } from '../config.ts'
import { connectPostgres, type PostgresConnection } from './connection.ts'

/** What identifies a server. */
export interface ServerTraits {
  /** The system identifier, which the server shares with its copies and standbys. */
  readonly id: string
  /** The server is a standby of a server with the same `id`. */
  readonly standby: boolean
  /** The start time, in seconds with fractions. A copy has the same `id`, but not the same start time. */
  readonly started: string
}

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
