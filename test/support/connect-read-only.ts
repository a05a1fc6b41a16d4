import type { PostgresqlConfig } from '../../src/sources/postgresql/config.ts'
import { connectPostgres, type PostgresConnection } from '../../src/sources/postgresql/connect/connection.ts'

/** A session that only reads. */
export async function connectReadOnly(
  config: PostgresqlConfig,
  source: string,
  signal: AbortSignal,
): Promise<PostgresConnection> {
  return await connectPostgres(config, { source, use: 'inspect', signal })
}
