import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { type LocalPostgresql, startLocalPostgresql } from '../../src/local-server/postgresql/local-postgresql.ts'
import { environment, isRequired } from './environment.ts'
import { diagnoseServer } from './postgresql-diagnostic.ts'
import { type Answer, askShared, askTemplate } from './postgresql-keeper.ts'
import { connectTo, type PostgresClient, queryRows } from './postgresql-query.ts'
import { copyOf } from './postgresql-template.ts'
import { DEFAULT_VERSION, FETCHED_VERSION, type PostgresVersion } from './postgresql-versions.ts'
import { skipWithout } from './skip-without.ts'
import { testLabel } from './temporary-folder.ts'

/** Encodings that cannot represent every text of UTF-8, or that have no conversion to UTF-8 at all. */
export type DatabaseEncoding = 'SQL_ASCII' | 'WIN1252' | 'EUC_JP' | 'MULE_INTERNAL'
type StopMode = 'smart' | 'fast' | 'immediate'

/** A real server. Disposing stops it if it was started for the test. A shared server keeps running. */
export interface PostgresServer extends AsyncDisposable {
  readonly version: number
  readonly host: string
  readonly port: number
  /** A superuser. */
  readonly user: string
  readonly password: string
  /** Empty for a server named by OFFBEAT_TEST_POSTGRESQL_URL: it is not known. */
  readonly dataDir: string
  readonly binDir: string
  url(database: string): string
  /**
   * Creates an empty database and returns its name. It is dropped with the server or, on a server that keeps running, at the end of the
   * run.
   */
  createDatabase(encoding?: DatabaseEncoding): Promise<string>
  /**
   * Runs a query on a separate connection. A text without parameters can contain several statements; the rows of the last one are returned.
   */
  query(database: string, sql: string, params?: readonly unknown[]): Promise<Record<string, unknown>[]>
  /** Opens a connection. Disposing closes it. */
  connect(database: string): Promise<PostgresClient>
  /**
   * Drops all replication slots of the database and ends the connections that use them. A shared server has few slots, so tests must drop
   * theirs.
   */
  dropSlots(database: string): Promise<void>
  /**
   * Drops the database and its slots. If the server belongs to the test, it drops only the slots, since the rest is deleted with the
   * server.
   */
  dropDatabase(database: string): Promise<void>
  /** The methods below are only for a server that belongs to the test. */
  stop(mode: StopMode): Promise<void>
  start(): Promise<void>
  /** Kills the server with SIGKILL. Resolves when the port is closed. */
  kill(): Promise<void>
  /** The server's log file so far. */
  log(): string
}

interface StartOptions {
  readonly version?: PostgresVersion
  readonly settings?: Readonly<Record<string, string>>
}

/** Starts a server for this test alone. */
export async function startPostgresql({
  version = DEFAULT_VERSION,
  settings = {},
}: StartOptions = {}): Promise<PostgresServer> {
  const missing = postgresqlMissing(version)
  if (missing !== null) skipWithout(requirement(version), missing)
  const prepared = copyOf(await askTemplate(inject('postgresqlKeeper').port, version))
  const local = await startLocalPostgresql({ prepared, settings, env: environment, label: testLabel() })
  return { ...overUrl(local.url('postgres'), local.version), ...ownedParts(local) }
}

/**
 * The server of this version that the whole run shares. Without a version: the server that OFFBEAT_TEST_POSTGRESQL_URL names, if it is set.
 */
export async function sharedPostgresql(version?: PostgresVersion): Promise<PostgresServer> {
  const answer: Answer = await askShared(inject('postgresqlKeeper').port, version ?? null)
  if ('missing' in answer) skipWithout(requirement(version ?? DEFAULT_VERSION), answer.missing)
  const refuse = (): never => {
    throw new Error('this server is shared by the whole run: use startPostgresql for one to stop or kill')
  }
  const parts = overUrl(answer.url, answer.version)
  return {
    ...parts,
    dropDatabase: async (database) => {
      await parts.dropSlots(database)
      await parts.query('postgres', `DROP DATABASE "${database}" WITH (FORCE)`)
    },
    dataDir: answer.dataDir,
    binDir: answer.binDir,
    stop: refuse,
    start: refuse,
    kill: refuse,
    log: refuse,
    async [Symbol.asyncDispose]() {
      // The server keeps running for the other tests.
    },
  }
}

/** Why there is no server of this version for tests, for `describe.skipIf`. null: there is one. */
export function postgresqlMissing(version: PostgresVersion = DEFAULT_VERSION): string | null {
  const reason = inject('postgresqlKeeper').missing[version] ?? null
  const name = requirement(version)
  if (reason !== null && isRequired(name)) throw new Error(`OFFBEAT_REQUIRE names ${name}: ${reason}`)
  return reason
}

/** The name of this version in OFFBEAT_REQUIRE. */
function requirement(version: PostgresVersion): string {
  return version === FETCHED_VERSION ? `postgresql-${version}` : 'postgresql'
}

type UrlPart = Pick<
  PostgresServer,
  | 'version'
  | 'host'
  | 'port'
  | 'user'
  | 'password'
  | 'url'
  | 'createDatabase'
  | 'query'
  | 'connect'
  | 'dropSlots'
  | 'dropDatabase'
>

export function overUrl(maintenanceUrl: string, version: number): UrlPart {
  const at = new URL(maintenanceUrl)
  const url = (database: string): string => {
    const other = new URL(at)
    other.pathname = `/${encodeURIComponent(database)}`
    return other.href
  }
  diagnoseServer(maintenanceUrl)
  const query: PostgresServer['query'] = (database, sql, params = []) => queryRows(url(database), sql, params)
  const dropSlots = async (database: string): Promise<void> => {
    await using connection = await connectTo(maintenanceUrl)
    const of = 'FROM pg_replication_slots WHERE database = $1'
    await connection.query(`SELECT pg_terminate_backend(active_pid, 60000) ${of} AND active`, [database])
    await connection.query(`SELECT pg_drop_replication_slot(slot_name) ${of}`, [database])
  }
  return {
    version,
    host: at.hostname,
    port: Number(at.port || 5432),
    user: decodeURIComponent(at.username),
    password: decodeURIComponent(at.password),
    url,
    query,
    connect: (database) => connectTo(url(database)),
    async createDatabase(encoding) {
      const name = `${inject('postgresqlKeeper').prefix}${testLabel().slice(0, 24).toLowerCase()}_${randomBytes(4).toString('hex')}`
      const locale = encoding === undefined ? '' : ` ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C'`
      // Copy files as before 15. Otherwise all pages of the database are written to the log, which every reader of the server has to read.
      const copy = version >= 15 ? ' STRATEGY file_copy' : ''
      await queryRows(maintenanceUrl, `CREATE DATABASE "${name}" TEMPLATE template0${locale}${copy}`, [])
      return name
    },
    dropSlots,
    dropDatabase: dropSlots,
  }
}

export function ownedParts(local: LocalPostgresql): Omit<PostgresServer, keyof UrlPart> {
  return {
    dataDir: local.dataDir,
    binDir: local.binDir,
    stop: (mode) => local.stop(mode),
    start: () => local.start(),
    kill: () => local.kill(),
    log: () => local.log(),
    [Symbol.asyncDispose]: () => local[Symbol.asyncDispose](),
  }
}
