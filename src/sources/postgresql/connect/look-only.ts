import type { PostgresqlConfig } from '../config.ts'
import { connectPostgres, type PostgresConnection } from './connection.ts'

/** A session that only reads. */
export async function lookOnly(
  config: PostgresqlConfig,
  source: string,
  signal: AbortSignal,
): Promise<PostgresConnection> {
  return await connectPostgres(config, { source, use: 'look', signal })
}
