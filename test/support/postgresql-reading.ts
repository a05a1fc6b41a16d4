import type { Offset } from '../../src/model/offset.ts'
import { Secret } from '../../src/model/secret.ts'
import type { PostgresqlConfig } from '../../src/sources/postgresql/config.ts'
import { POSTGRESQL } from '../../src/sources/postgresql/definition.ts'
import { LSN_POSITIONS } from '../../src/sources/postgresql/position.ts'
import { openReader } from '../../src/sources/postgresql/read/reader.ts'
import type { Context, SourceDefinition } from '../../src/sources/source.ts'
import type { PostgresServer } from './postgresql.ts'
import { Reading, readingContext } from './reading.ts'

/** A database with a user that has only LOGIN, REPLICATION and the privileges that a connector needs. Disposing drops its slots. */
export interface WatchedDatabase extends AsyncDisposable {
  readonly name: string
  readonly user: string
  readonly server: PostgresServer
  readonly definition: SourceDefinition<PostgresqlConfig>
  readonly config: PostgresqlConfig
  /** Runs a query as a superuser. */
  query(sql: string): Promise<Record<string, unknown>[]>
  slot(): Promise<Record<string, unknown> | null>
}

const SCHEMA = (user: string) => `
  CREATE TABLE item (id int PRIMARY KEY, note text);
  GRANT SELECT ON item TO ${user};
  CREATE SCHEMA streamkap;
  CREATE TABLE streamkap.streamkap_heartbeat (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text, last_update timestamp DEFAULT current_timestamp);
  GRANT USAGE ON SCHEMA streamkap TO ${user};
  GRANT SELECT, INSERT, UPDATE, DELETE ON streamkap.streamkap_heartbeat TO ${user};
  CREATE PUBLICATION streamkap_pub FOR TABLE item, streamkap.streamkap_heartbeat`

export async function watchedDatabase(server: PostgresServer): Promise<WatchedDatabase> {
  const name = await server.createDatabase()
  const user = `u_${plainName(name)}`
  const query = (sql: string) => server.query(name, sql)
  await query(`CREATE ROLE ${user} LOGIN REPLICATION PASSWORD 'planted-password'`)
  await query(SCHEMA(user))
  const config = configFor(server, name, user)
  return {
    name,
    user,
    server,
    definition: POSTGRESQL,
    config,
    query,
    slot: async () => {
      const [slot] = await query(`SELECT * FROM pg_replication_slots WHERE slot_name = '${config.slot}'`)
      return slot === undefined ? null : withPositions(slot)
    },
    async [Symbol.asyncDispose]() {
      await server.dropSlots(name)
      await query(`DROP OWNED BY ${user}; DROP ROLE ${user}`)
      await server.dropDatabase(name)
    },
  }
}

/** The slot, with LSNs in our own form: version 19 prints them with leading zeros. */
function withPositions(slot: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(slot).map(([name, value]) => [
      name,
      name.endsWith('_lsn') && typeof value === 'string' ? String(LSN_POSITIONS.parse(value)) : value,
    ]),
  )
}

/** Keeps the end of the name because that part is unique. */
function plainName(database: string): string {
  return database.replaceAll(/[^a-z0-9_]/g, '_').slice(-50)
}

function configFor(server: PostgresServer, database: string, user: string): PostgresqlConfig {
  return {
    kind: 'postgresql',
    slot: `s_${plainName(database)}`,
    publication: 'streamkap_pub',
    failover: false,
    disk: null,
    tables: [],
    exclude: [],
    truncates: false,
    readOnly: false,
    primary: null,
    exclusive: [],
    heartbeat: {
      connector: { intervalMs: 60_000 },
      source: {
        mode: 'table',
        by: null,
        intervalMs: 60_000,
        schema: 'streamkap',
        table: 'streamkap_heartbeat',
        deliver: false,
      },
    },
    connection: {
      hosts: [{ host: server.host, port: server.port }],
      database,
      user,
      password: new Secret('planted-password'),
      tls: { mode: 'disable', ca: null, cert: null, key: null, servername: null },
    },
  }
}

export function withConnection(
  config: PostgresqlConfig,
  connection: Partial<PostgresqlConfig['connection']>,
): PostgresqlConfig {
  return { ...config, connection: { ...config.connection, ...connection } }
}

/** Starts a reader of this database and reads from it. */
export async function readFrom(
  from: Offset | 'now',
  config: PostgresqlConfig,
  acknowledges: 'all' | 'none' = 'none',
  context: Context = readingContext,
): Promise<Reading> {
  return new Reading(await openReader(config, context), from, acknowledges)
}

/** Creates the slot and returns the offset to start from. The reader is closed again. */
export async function firstOffsetOf(config: PostgresqlConfig): Promise<Offset> {
  await using reading = await readFrom('now', config)
  return await reading.firstOffset()
}

/** Starts to read from there and returns the error that refuses it. */
export async function refusal(from: Offset | 'now', config: PostgresqlConfig): Promise<unknown> {
  try {
    await using reading = await readFrom(from, config)
    return await reading.failure()
  } catch (error) {
    return error
  }
}
