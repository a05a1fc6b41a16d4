import type { OffbeatError } from '../../../model/error.ts'
import type { Secret } from '../../../model/secret.ts'
import { adminConnection } from '../../admin/admin-connection.ts'
import { adminTarget } from '../../admin/admin-target.ts'
import { openSqlAdmin } from '../../admin/sql-admin-session.ts'
import type { AdminSession } from '../../admin-session.ts'
import { serverConnection } from '../../connection-schema.ts'
import type { Context } from '../../source.ts'
import { MARIADB_DEFAULTS, MYSQL_DEFAULTS, type MysqlConfig } from '../config.ts'
import { connectMysql, type MysqlConnection } from '../connect/connection.ts'
import { serverDifference } from './server-difference.ts'

const SOURCE_TIMEOUT_MS = 5000

/** A database, a view, a table, a column or a setting does not exist; or there are no events, because MariaDB's scheduler is disabled. */
const MISSING: readonly unknown[] = [1049, 1054, 1109, 1146, 1193, 1577]

export async function openAdminSession(
  config: MysqlConfig,
  url: Secret,
  { source }: Context,
  signal: AbortSignal = new AbortController().signal,
): Promise<AdminSession> {
  const defaults = config.kind === 'mysql' ? MYSQL_DEFAULTS : MARIADB_DEFAULTS
  // `readOnly` applies to the connector's own connection. The administrator's session writes what that connection needs.
  const connection = serverConnection(adminConnection(config, url, defaults), defaults)
  const admin = {
    captured: null,
    connect: (_database: string | null, until: AbortSignal) =>
      connectMysql({ ...config, readOnly: false, connection }, { source, use: 'admin', signal: until }),
    target: (session: MysqlConnection, until: AbortSignal) =>
      adminTarget(
        config,
        connection,
        async (names, asked) => {
          await using other = await connectMysql(config, {
            source,
            use: 'inspect',
            signal: asked,
            connectTimeoutMs: SOURCE_TIMEOUT_MS,
          })
          return await serverDifference(session, other, names, { signal: asked, timeoutMs: SOURCE_TIMEOUT_MS })
        },
        until,
      ),
    isMissing: ({ details }: OffbeatError) => MISSING.includes(details['number']),
  }
  return await openSqlAdmin(admin, signal)
}
