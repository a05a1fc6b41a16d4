import type { PostgresqlConfig } from './config.ts'
import { connectPostgres, type PostgresConnection } from './connection.ts'

const LOOK_TIMEOUT_MS = 15_000

/** Statements for a session that only reads. */
export const LOOK_SETTINGS: readonly string[] = [
  `SET statement_timeout = ${LOOK_TIMEOUT_MS}`,
  'SET default_transaction_read_only = on',
]

/** A session that only reads. */
export async function lookOnly(
  config: PostgresqlConfig,
  source: string,
  signal: AbortSignal,
): Promise<PostgresConnection> {
  const connection = await connectPostgres(config, { source, replication: false, signal })
  for (const setting of LOOK_SETTINGS) await connection.query(setting, [], { signal })
  return connection
}
