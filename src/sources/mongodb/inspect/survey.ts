import type { Context } from '../../source.ts'
import type { Survey } from '../../survey.ts'
import { tableEntry } from '../../table-pattern.ts'
import type { MongodbConfig } from '../config.ts'
import { connectMongodb, type MongodbConnection } from '../connect/connection.ts'
import { numberOf } from '../connect/reply.ts'
import { readCollections } from './collections.ts'

/** Roles that can do far more than a connector needs. */
const ADMINISTRATORS: readonly string[] = [
  'root',
  'atlasAdmin',
  'dbAdminAnyDatabase',
  'readWriteAnyDatabase',
  'userAdminAnyDatabase',
  'clusterAdmin',
  '__system',
]

/** Inspects the server once. Writes nothing. */
export async function surveyServer(
  config: MongodbConfig,
  context: Context,
  signal: AbortSignal = new AbortController().signal,
): Promise<Survey> {
  await using connection = await connectMongodb(config, { source: context.source, signal })
  const { schema, table } = config.heartbeat.source
  const { facts } = connection
  const { found: tables } = await readCollections(connection, config, signal)
  const roles = await rolesOf(connection, signal)
  return {
    server: `MongoDB ${facts.version}`,
    readOnly: facts.role === 'secondary',
    administrator: config.connection.user !== null && roles.some((role) => ADMINISTRATORS.includes(role)),
    tables: tables
      .filter(({ database }) => database !== schema)
      .map(({ database, name }) => tableEntry([database, name])),
    changesPerSecond: await changeRate(connection, signal),
    // MongoDB has none: a job outside the database writes the heartbeats.
    scheduler: false,
    heartbeat: tables.some(({ database, name }) => database === schema && name === table),
    settings: {},
    remarks: [
      ...(facts.role === 'standalone'
        ? ['The server is not part of a replica set, so it has no change streams: start it with --replSet.']
        : []),
      ...(config.connection.user === null ? ['The connection has no login: anyone on the network can read it.'] : []),
    ],
  }
}

async function rolesOf(connection: MongodbConnection, signal: AbortSignal): Promise<readonly string[]> {
  const { authInfo } = await connection.command('admin', { connectionStatus: 1 }, { signal })
  const roles: readonly { readonly role?: unknown }[] = authInfo?.authenticatedUserRoles ?? []
  return roles.map(({ role }) => String(role))
}

/** Since the server began; null: the user is not allowed to see it. */
async function changeRate(connection: MongodbConnection, signal: AbortSignal): Promise<number | null> {
  try {
    const { opcounters, uptimeMillis } = await connection.command('admin', { serverStatus: 1 }, { signal })
    const changes = ['insert', 'update', 'delete'].map((name) => numberOf(opcounters?.[name]))
    const uptimeMs = numberOf(uptimeMillis)
    if (uptimeMs === null || uptimeMs === 0 || changes.includes(null)) return null
    return changes.reduce<number>((sum, each) => sum + (each ?? 0), 0) / (uptimeMs / 1000)
  } catch {
    signal.throwIfAborted()
    return null
  }
}
