import { asOffbeatError } from '../../../model/error.ts'
import type { AdminPlace } from '../../admin-session.ts'
import type { Context } from '../../source.ts'
import type { ConnectionConfig } from '../../source-config.ts'
import type { PostgresqlConfig } from '../config.ts'
import { connectPostgres, type TextRow } from '../connect/connection.ts'
import { text } from '../inspect/server-facts.ts'

/** A copy of a server keeps its identifier, but was not started in the same microsecond. */
export const SERVER_IDENTITY = `
  SELECT system_identifier::text AS system, pg_is_in_recovery()::text AS standby,
    extract(epoch FROM pg_postmaster_start_time())::text AS started FROM pg_control_system()`

const CONNECT_TIMEOUT_MS = 5000

/** Whether the administrator's connection leads to the server that the source reads, or to the primary of it. */
export async function adminPlace(
  config: PostgresqlConfig,
  admin: ConnectionConfig,
  identity: (signal: AbortSignal) => Promise<TextRow>,
  context: Context,
  signal: AbortSignal,
): Promise<AdminPlace> {
  const own = [config.connection, ...(config.primary === null ? [] : [config.primary])].flatMap(placesOf)
  if (placesOf(admin).some((place) => own.includes(place))) return { is: 'same' }
  const names = { admin: named(admin), source: named(config.connection) }
  try {
    return verdict(await identity(signal), await identityOfSource(config, context, signal), names)
  } catch (thrown) {
    signal.throwIfAborted()
    const found = `the servers cannot be compared: ${asOffbeatError(thrown).message}`
    return { is: 'unknown', ...names, found }
  }
}

async function identityOfSource(config: PostgresqlConfig, context: Context, signal: AbortSignal): Promise<TextRow> {
  const about = { source: context.source, use: 'look' as const, signal, connectTimeoutMs: CONNECT_TIMEOUT_MS }
  await using connection = await connectPostgres(config, about)
  const [row = {}] = await connection.query(SERVER_IDENTITY, [], { signal, timeoutMs: CONNECT_TIMEOUT_MS })
  return row
}

function verdict(admin: TextRow, source: TextRow, names: { admin: string; source: string }): AdminPlace {
  const system = { admin: text(admin, 'system'), source: text(source, 'system') }
  if (system.admin !== system.source) {
    const found = `${names.admin} has the system identifier ${system.admin}, ${names.source} has ${system.source}`
    return { is: 'other', ...names, found }
  }
  const standby = [admin, source].some((row) => text(row, 'standby') === 'true')
  if (standby || text(admin, 'started') === text(source, 'started')) return { is: 'same' }
  const found = `both have the system identifier ${system.admin}, but were started at different times: one is a copy of the other`
  return { is: 'other', ...names, found }
}

/** As they are written, to be found again. */
function named({ hosts }: ConnectionConfig): string {
  return hosts.map(({ host, port }) => `${host}:${port}`).join(' or ')
}

function placesOf({ hosts }: ConnectionConfig): readonly string[] {
  return hosts.map(
    ({ host, port }) => `${/^(127\.0\.0\.1|::1)$/.test(host) ? 'localhost' : host.toLowerCase()}:${port}`,
  )
}
