import { postgresqlConfig } from '../../../sources/postgresql/config.ts'
import { connectPostgres, type PostgresConnection } from '../../../sources/postgresql/connect/connection.ts'

/** A superuser's connection to the demo's own server. Its errors are classified: the demo can fill the disk that it runs on. */
export async function connectAsAdmin(url: string): Promise<PostgresConnection> {
  const config = postgresqlConfig.parse({ kind: 'postgresql', url })
  return await connectPostgres(config, { source: 'demo', use: 'admin', signal: new AbortController().signal })
}
