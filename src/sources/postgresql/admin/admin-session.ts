import type { OffbeatError } from '../../../model/error.ts'
import type { Secret } from '../../../model/secret.ts'
import { adminConnection } from '../../admin/admin-connection.ts'
import { adminTarget, type CompareServers } from '../../admin/admin-target.ts'
import { openSqlAdmin } from '../../admin/sql-admin-session.ts'
import type { AdminSession, AdminTarget } from '../../admin-session.ts'
import { text } from '../../connect/text-row.ts'
import { fullConnection } from '../../connection-schema.ts'
import type { Context } from '../../source.ts'
import { POSTGRESQL_DEFAULTS, type PostgresqlConfig } from '../config.ts'
import { connectPostgres, type PostgresConnection } from '../connect/connection.ts'
import { identityAt, identityOf } from '../connect/server-identity.ts'
import { sqlstateOf } from '../errors/sqlstate.ts'
import { tooOld } from '../inspect/server-facts.ts'
import { serverDifference } from './server-difference.ts'

const SOURCE_TIMEOUT_MS = 5000

/** A table, a schema, a role or other object, a column, or a function does not exist. */
const MISSING: ReadonlySet<string | null> = new Set(['42P01', '3F000', '42704', '42703', '42883'])

export async function openAdminSession(
  config: PostgresqlConfig,
  url: Secret,
  { source }: Context,
  signal: AbortSignal = new AbortController().signal,
): Promise<AdminSession> {
  // `readOnly` applies to the connector's own connection. The administrator's session writes what that connection needs.
  const connection = fullConnection(adminConnection(config, url, POSTGRESQL_DEFAULTS), POSTGRESQL_DEFAULTS)
  const admin = {
    captured: connection.database,
    connect: (database: string | null, until: AbortSignal) =>
      connectPostgres(
        { ...config, readOnly: false, connection: { ...connection, database: database ?? connection.database } },
        { source, use: 'admin', signal: until },
      ),
    target: async (session: PostgresConnection, until: AbortSignal): Promise<AdminTarget> => {
      await refuseOld(session, until)
      const compare: CompareServers = async (names, asked) =>
        serverDifference(
          await identityOf(session, { signal: asked }),
          await identityAt(config, source, asked, SOURCE_TIMEOUT_MS),
          names,
        )
      return await adminTarget(config, connection, compare, until)
    },
    isMissing: (error: OffbeatError) => MISSING.has(sqlstateOf(error)),
  }
  return await openSqlAdmin(admin, signal)
}

/** Runs before anything is created on the server. */
async function refuseOld(session: PostgresConnection, signal: AbortSignal): Promise<void> {
  const [row = {}] = await session.query("SELECT current_setting('server_version_num') AS version", [], { signal })
  const error = tooOld(Number(text(row, 'version')))
  if (error !== null) throw error
}
