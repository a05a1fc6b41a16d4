import type { PostgresqlConfig } from '../config.ts'
import { connectPostgres, type PostgresConnection } from '../connection.ts'

const LOOK_TIMEOUT_MS = 15_000

/** A session that only reads. */
export async function lookOnly(
  config: PostgresqlConfig,
  source: string,
  signal: AbortSignal,
): Promise<PostgresConnection> {
  const connection = await connectPostgres(config, { source, replication: false, signal })
  await connection.query(`SET statement_timeout = ${LOOK_TIMEOUT_MS}`, [], { signal })
  await connection.query('SET default_transaction_read_only = on', [], { signal })
  return connection
}
