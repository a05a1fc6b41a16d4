import type { Socket } from 'node:net'
import type { Client, QueryConfig } from 'pg'
import { OffbeatError } from '../../../model/error.ts'
import { alternative, inDatabase } from '../../../model/fix.ts'
import { connectionLost } from '../../connect/connection-error.ts'
import { DriverStream } from '../../connect/driver-stream.ts'
import { type Host, openFirst } from '../../connect/host-order.ts'
import { passwordOf, whileRotating } from '../../connect/password.ts'
import type { DatabaseTarget } from '../../connect/server-target.ts'
import { SessionLife, type StatementOptions } from '../../connect/session-life.ts'
import { SideSession } from '../../connect/side-session.ts'
import { withDeadline } from '../../connect/socket.ts'
import type { TextRow } from '../../connect/text-row.ts'
import type { PostgresqlConfig } from '../config.ts'
import { explainError } from '../errors/errors.ts'
import { postgresqlRequest } from '../errors/postgresql-request.ts'
import { sqlstateOf } from '../errors/sqlstate.ts'

import { SUPERUSER } from './fix-runner.ts'
import { behindPooler } from './pooler.ts'
import { targetOf } from './postgresql-target.ts'
import { quoteIdentifier } from './quoting.ts'
import { openServerSocket } from './server-socket.ts'
import {
  openingStatement,
  SETTINGS_MARK,
  SETTINGS_OF,
  type SessionUse,
  type Settings,
  startupOptions,
} from './session-settings.ts'

const CONNECT_TIMEOUT_MS = 15_000

export interface ConnectionOptions {
  /** The source's name. The server shows it as `offbeat <source>`. */
  readonly source: string
  /** `log`: a connection with the replication protocol, which has no statement parameters. */
  readonly use: SessionUse
  /** Session settings in addition to those of its use. */
  readonly settings?: Settings
  readonly connectTimeoutMs?: number
  readonly signal: AbortSignal
}

export type SideConnection = SideSession<PostgresConnection>

const asText = { getTypeParser: () => (value: string) => value }

/** One session. Every failure is a classified error. After a timeout, an abort or a broken connection, the session is closed for good. */
export class PostgresConnection implements AsyncDisposable {
  readonly target: DatabaseTarget
  /** The server is a standby that is used because none of the other hosts was a primary that accepted the connection. */
  isFallback = false
  /**
   * The role whose privileges apply to our statements: the user, or the role that `SET role` switched to. A stream always has the user's.
   */
  role = ''
  readonly #client: Client
  readonly #stream: DriverStream
  readonly #life: SessionLife

  constructor(client: Client, stream: DriverStream, socket: Socket, target: DatabaseTarget) {
    this.#client = client
    this.#stream = stream
    this.#life = new SessionLife(socket, target)
    this.target = target
    client.on('error', (error) => this.#life.end(explainError(error, target)))
    client.on('end', () => this.#life.end(connectionLost(target, 'the connection ended')))
  }

  get isOpen(): boolean {
    return this.#life.isOpen
  }

  /** Runs one statement. Without parameters it uses the simple protocol, the only one that a replication connection supports. */
  async query(
    text: string,
    values: readonly string[] = [],
    options: StatementOptions = {},
  ): Promise<readonly TextRow[]> {
    const config: QueryConfig = { text, types: asText, ...(values.length > 0 ? { values: [...values] } : {}) }
    return await this.#life.run(
      async () => (await this.#client.query<TextRow>(config)).rows,
      (thrown) => explainError(thrown, this.target, postgresqlRequest(text, this.target)),
      options,
    )
  }

  /** Hands over the bare socket between two statements. The driver leaves nothing attached to it, and nothing reads it. */
  release(): Socket {
    this.#life.handOver()
    return this.#stream.detach()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#life.close(() => this.#client.connection.end())
  }
}

/** Connects to the first configured host that accepts the connection. A primary is preferred to a standby. */
export async function connectPostgres(
  config: PostgresqlConfig,
  options: ConnectionOptions,
): Promise<PostgresConnection> {
  return await openFirst(config.connection.hosts, options.signal, {
    open: (at) => connectAndIdentify(at, config, options),
    explain: async (thrown, at) => {
      const error = explainError(thrown, targetOf(at, config.connection))
      return await withName(refined(error, config, options), at, config, options)
    },
  })
}

/** With several hosts, a standby is marked as a fallback. */
async function connectAndIdentify(
  at: Host,
  config: PostgresqlConfig,
  options: ConnectionOptions,
): Promise<PostgresConnection> {
  const connection = await connectTo(at, config, options)
  if (config.connection.hosts.length === 1) return connection
  await using opened = new AsyncDisposableStack()
  opened.use(connection)
  connection.isFallback = !(await isPrimary(connection, options.signal))
  opened.move()
  return connection
}

/** An additional session. `settings`: in addition to those of its use. */
export function besides(
  config: PostgresqlConfig,
  source: string,
  about: { readonly use: SessionUse; readonly settings?: Settings; readonly idleCloseMs?: number },
): SideConnection {
  const { idleCloseMs, ...session } = about
  return new SideSession({
    hosts: config.connection.hosts,
    open: (hosts, options) =>
      connectPostgres({ ...config, connection: { ...config.connection, hosts } }, { source, ...session, ...options }),
    ...(idleCloseMs === undefined ? {} : { idleCloseMs }),
  })
}

/** During the login, the only privilege that can be missing is the one for replication. */
function refined(error: OffbeatError, config: PostgresqlConfig, { use }: ConnectionOptions): OffbeatError {
  const isOther = error.code !== 'DATABASE_PERMISSION' || error.details['routine'] === 'CheckMyDatabase'
  if (use !== 'log' || isOther) return whileRotating(error, config.connection)
  const user = quoteIdentifier(config.connection.user)
  return new OffbeatError('POSTGRES_REPLICATION_DENIED', {
    message: `the user ${config.connection.user} cannot read the log of the server`,
    found: error.found ?? error.code,
    expected: 'a role with the attribute REPLICATION',
    fix: [
      inDatabase(`ALTER ROLE ${user} REPLICATION`, SUPERUSER),
      alternative('on Amazon RDS and Aurora'),
      inDatabase(`GRANT rds_replication TO ${user}`, SUPERUSER),
    ],
    details: error.details,
  })
}

/** A pooler that accepted the connection without our settings identifies itself when it is asked for a replication connection. */
async function withName(
  error: OffbeatError,
  at: Host,
  config: PostgresqlConfig,
  options: ConnectionOptions,
): Promise<OffbeatError> {
  if (error.code !== 'POSTGRES_POOLER' || error.details['pooler'] !== null || options.use === 'log') return error
  try {
    await using _replication = await connectTo(at, config, { ...options, use: 'log' })
    return error
  } catch (thrown) {
    options.signal.throwIfAborted()
    const answer = explainError(thrown, targetOf(at, config.connection))
    const isNamed = answer.code === error.code && answer.details['pooler'] !== null
    return isNamed ? answer : error
  }
}

async function isPrimary(connection: PostgresConnection, signal: AbortSignal): Promise<boolean> {
  const [row] = await connection.query('SELECT pg_is_in_recovery()::text AS standby', [], { signal })
  return row?.['standby'] === 'false'
}

async function connectTo(at: Host, config: PostgresqlConfig, options: ConnectionOptions): Promise<PostgresConnection> {
  const target = targetOf(at, config.connection)
  const deadline = { timeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, signal: options.signal }
  const socket = await openServerSocket(target, config.connection.tls, deadline)
  return await withDeadline(socket, target, deadline, () => login(socket, target, config, options))
}

/** The name of this source's sessions on the server. */
export function applicationName(source: string): string {
  return `offbeat ${source}`
}

async function login(
  socket: Socket,
  target: DatabaseTarget,
  config: PostgresqlConfig,
  options: ConnectionOptions,
): Promise<PostgresConnection> {
  const { Client: DriverClient } = (await import('pg')).default
  const stream = new DriverStream(socket)
  const settings = {
    host: target.host,
    port: target.port,
    database: target.database,
    user: target.user,
    password: () => passwordOf(config.connection, target),
    ssl: false,
    application_name: applicationName(options.source),
    stream: () => stream,
    options: startupOptions({
      ...SETTINGS_OF[options.use],
      ...options.settings,
      ...(config.readOnly ? READ_ONLY : {}),
      ...SETTINGS_MARK,
    }),
    ...(options.use === 'log' ? { replication: 'database' } : {}),
  }
  const client = new DriverClient(settings)
  const connection = new PostgresConnection(client, stream, socket, target)
  const version = reportedVersion(client)
  await client.connect()
  await begin(connection, openingStatement(options.use, version()), options)
  return connection
}

/** Checks that the session has our settings and, for a replication connection, that the server accepts replication commands. */
async function begin(connection: PostgresConnection, opening: string, options: ConnectionOptions): Promise<void> {
  const { target } = connection
  const { signal } = options
  const [session] = await connection.query(opening, [], { signal })
  if (session?.['marked'] !== 'true')
    throw behindPooler(target, {
      found: 'the session does not have the settings that were sent at login',
      pooler: null,
    })
  connection.role = session['role'] ?? target.user
  if (options.use === 'log') await connection.query('IDENTIFY_SYSTEM', [], { signal }).catch(refuseCommand(target))
}

/** A syntax error means that the `replication` parameter did not reach the server. */
function refuseCommand(target: DatabaseTarget) {
  return (error: unknown): never => {
    if (sqlstateOf(error) !== '42601') throw error
    const found = 'the replication command IDENTIFY_SYSTEM is refused as SQL: the parameter `replication` was dropped'
    throw behindPooler(target, { found, pooler: null })
  }
}

/** A safeguard against a mistake of ours: the server itself refuses most statements that write. */
const READ_ONLY = { default_transaction_read_only: 'on' }

/** The major version that the server reports during the login; 0 before that. */
function reportedVersion(client: Client): () => number {
  let version = 0
  client.connection.on('parameterStatus', (status: unknown) => {
    if (typeof status !== 'object' || status === null) return
    if (Reflect.get(status, 'parameterName') !== 'server_version') return
    version = Number.parseInt(String(Reflect.get(status, 'parameterValue')), 10) || 0
  })
  return () => version
}
