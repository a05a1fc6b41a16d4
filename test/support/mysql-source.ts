import { type MysqlConfig, mariadbConfig, mysqlConfig } from '../../src/sources/mysql/config.ts'
import { connectMysql, type MysqlConnection } from '../../src/sources/mysql/connect/connection.ts'
import type { MysqlServer } from './mysql.ts'

/** The configuration of a source on the server, with an entry of `offbeat.yaml`. If `entry` names no user, it is the server's own user. */
export function mysqlSource(server: MysqlServer, entry: Readonly<Record<string, unknown>> = {}): MysqlConfig {
  const { host, port, user, password, product } = server
  const login = 'user' in entry ? {} : { user, password }
  const schema = product === 'mysql' ? mysqlConfig : mariadbConfig
  return schema.parse({
    kind: product,
    ...('hosts' in entry ? {} : { host, port }),
    // Until a password is in the server's cache, its login needs TLS, and the cache is empty at the start.
    tls: { mode: product === 'mysql' ? 'require' : 'disable' },
    ...login,
    ...entry,
  })
}

/** Opens a session like the probe's. */
export function connectForInspection(
  config: MysqlConfig,
  signal = new AbortController().signal,
): Promise<MysqlConnection> {
  return connectMysql(config, { source: 'shop', use: 'inspect', signal })
}
