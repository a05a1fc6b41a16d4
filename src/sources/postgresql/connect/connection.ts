import type { Socket } from 'node:net'
import type { Client, QueryConfig } from 'pg'
import { OffbeatError } from '../../../model/error.ts'
import { alternative, inDatabase } from '../../../model/fix.ts'
import type { PostgresqlConfig } from '../config.ts'
import { connectionLost, noAnswer } from '../errors/connection-error.ts'
import { explainError } from '../errors/errors.ts'
import { statementRequest } from '../read/request.ts'
import { DriverStream } from './driver-stream.ts'
import { SUPERUSER } from './fix-runner.ts'
import { passwordOf, whileRotating } from './password.ts'
import { behindPooler } from './pooler.ts'
import { quoteIdentifier } from './quoting.ts'
import type { ServerTarget } from './server-target.ts'
import {
  openingStatement,
  SETTINGS_MARK,
  SETTINGS_OF,
  type SessionUse,
  type Settings,
  startupOptions,
} from './session-settings.ts'
import { openSocket } from './socket.ts'

const CONNECT_TIMEOUT_MS = 15_000
const STATEMENT_TIMEOUT_MS = 20_000
const FAREWELL_MS = 1000

/** A row as text: every value as the server writes it, null for NULL. */
export interface TextRow {
  readonly [column: string]: string | null
}

export interface ConnectionOptions {
  /** The source's name; the server shows it as `offbeat <source>`. */
  readonly source: string
  /** `log`: a connection that speaks the replication protocol, without parameters in its statements. */
  readonly use: SessionUse
  /** More settings of the session than its use gives it. */
  readonly settings?: Settings
  readonly connectTimeoutMs?: number
  readonly signal: AbortSignal
}

export interface StatementOptions {
  readonly signal?: AbortSignal
  /** Default 20 s; null: as long as it takes. */
  readonly timeoutMs?: number | null
}

const asText = { getTypeParser: () => (value: string) => value }

/** One session. Every failure is a classified error; after a timeout, an abort or a broken connection it is closed for good. */
export class PostgresConnection implements AsyncDisposable {
  readonly target: ServerTarget
  /** A standby, taken because none of the other hosts was a primary that let us in. */
  isFallback = false
  /** Whose privileges count for our statements: the user, or what `SET role` makes of it. A stream's are always the user's. */
  role = ''
  readonly #client: Client
  readonly #stream: DriverStream
  readonly #socket: Socket
  #broken: OffbeatError | null = null
  #released = false

  constructor(client: Client, stream: DriverStream, socket: Socket, target: ServerTarget) {
    this.#client = client
    this.#stream = stream
    this.#socket = socket
    this.target = target
    client.on('error', (error) => {
      this.#broken ??= explainError(error, target)
    })
    client.on('end', () => {
      this.#broken ??= connectionLost(target, 'the connection ended')
    })
  }

  get isOpen(): boolean {
    return this.#broken === null
  }

  /** One statement; without parameters by the simple protocol, the only one that a replication connection knows. */
  async query(
    text: string,
    values: readonly string[] = [],
    options: StatementOptions = {},
  ): Promise<readonly TextRow[]> {
    const { signal, timeoutMs = STATEMENT_TIMEOUT_MS } = options
    if (this.#broken !== null) throw this.#broken
    signal?.throwIfAborted()
    const abort = () => this.#breakOff(connectionLost(this.target, 'stopped by Offbeat'))
    const late = () => this.#breakOff(noAnswer(this.target, timeoutMs ?? 0))
    const timer = timeoutMs === null ? undefined : setTimeout(late, timeoutMs)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      const config: QueryConfig = { text, types: asText, ...(values.length > 0 ? { values: [...values] } : {}) }
      return (await this.#client.query<TextRow>(config)).rows
    } catch (error) {
      throw this.#broken ?? explainError(error, this.target, statementRequest(text, this.target))
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Hands over the bare socket, between two statements: nothing of the driver's is left on it, and nothing reads it. */
  release(): Socket {
    if (this.#broken !== null) throw this.#broken
    this.#released = true
    this.#broken = connectionLost(this.target, 'the connection was handed over')
    return this.#stream.detach()
  }

  /** Says farewell and closes; a server that does not answer holds us up for a second at most. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#released || this.#socket.closed) return
    if (this.#broken === null) {
      this.#broken = connectionLost(this.target, 'closed by Offbeat')
      this.#client.connection.end()
    } else {
      this.#socket.destroy()
    }
    await closed(this.#socket)
  }

  #breakOff(error: OffbeatError): void {
    this.#broken ??= error
    this.#socket.destroy()
  }
}

/** Resolves when the socket is closed, by force after a second. */
export async function closed(socket: Socket): Promise<void> {
  if (socket.closed) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(() => socket.destroy(), FAREWELL_MS)
  socket.once('close', () => resolve())
  await promise
  clearTimeout(timer)
}

/**
 * Connects to the first of the configured hosts that lets us in, a primary before a standby. With several hosts and none that answers,
 * the error of the first is thrown with what the others said.
 */
export async function connectPostgres(
  config: PostgresqlConfig,
  options: ConnectionOptions,
): Promise<PostgresConnection> {
  const failures: OffbeatError[] = []
  await using fallback = new AsyncDisposableStack()
  let standby: PostgresConnection | null = null
  for (const at of config.connection.hosts) {
    try {
      const connection = await connectAndLook(at, config, options)
      if (!connection.isFallback) return connection
      if (standby === null) standby = fallback.use(connection)
      else await connection[Symbol.asyncDispose]()
    } catch (error) {
      options.signal.throwIfAborted()
      const explained = refined(explainError(error, targetOf(at, config)), config, options)
      failures.push(await withName(explained, at, config, options))
    }
  }
  if (standby === null) throw worst(failures)
  fallback.move()
  return standby
}

/** With several hosts, one that turns out to be a standby is marked as the fallback that it is. */
async function connectAndLook(
  at: { readonly host: string; readonly port: number },
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

/** While logging in, a missing privilege can only be the one that replication needs. */
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

/** A pooler that accepted the connection without our settings identifies itself when it is asked for replication. */
async function withName(
  error: OffbeatError,
  at: { readonly host: string; readonly port: number },
  config: PostgresqlConfig,
  options: ConnectionOptions,
): Promise<OffbeatError> {
  if (error.code !== 'POSTGRES_POOLER' || error.details['pooler'] !== null || options.use === 'log') return error
  try {
    await using _replication = await connectTo(at, config, { ...options, use: 'log' })
    return error
  } catch (thrown) {
    options.signal.throwIfAborted()
    const answer = explainError(thrown, targetOf(at, config))
    const isNamed = answer.code === error.code && answer.details['pooler'] !== null
    return isNamed ? answer : error
  }
}

async function isPrimary(connection: PostgresConnection, signal: AbortSignal): Promise<boolean> {
  const [row] = await connection.query('SELECT pg_is_in_recovery()::text AS standby', [], { signal })
  return row?.['standby'] === 'false'
}

/** One that somebody must mend before one that may pass by itself. */
function worst(failures: readonly OffbeatError[]): OffbeatError {
  const error = failures.find((failure) => !failure.retry) ?? failures[0]
  if (error === undefined) return new OffbeatError('DEFECT', { message: 'a source without a host' })
  if (failures.length === 1) return error
  const all = failures.map((failure) => `${failure.message} (${failure.found ?? failure.code})`)
  return new OffbeatError(error.code, {
    message: 'none of the hosts accepted the connection',
    found: all.join('; '),
    ...(error.expected === null ? {} : { expected: error.expected }),
    fix: error.fix,
    details: error.details,
  })
}

function targetOf(at: { host: string; port: number }, config: PostgresqlConfig): ServerTarget {
  const { database, user, tls } = config.connection
  return { ...at, database, user, tls: tls.mode, certificate: tls.cert !== null }
}

async function connectTo(
  at: { readonly host: string; readonly port: number },
  config: PostgresqlConfig,
  options: ConnectionOptions,
): Promise<PostgresConnection> {
  const target = targetOf(at, config)
  const timeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
  const socket = await openSocket(target, config.connection.tls, timeoutMs, options.signal)
  const late = () => socket.destroy(noAnswer(target, timeoutMs))
  const abort = () => socket.destroy(connectionLost(target, 'stopped by Offbeat'))
  const timer = setTimeout(late, timeoutMs)
  options.signal.addEventListener('abort', abort, { once: true })
  try {
    return await login(socket, target, config, options)
  } catch (error) {
    socket.destroy()
    throw socket.errored ?? error
  } finally {
    clearTimeout(timer)
    options.signal.removeEventListener('abort', abort)
  }
}

/** Under which the sessions of this source are known on the server. */
export function applicationName(source: string): string {
  return `offbeat ${source}`
}

async function login(
  socket: Socket,
  target: ServerTarget,
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
    password: passwordOf(config, target),
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

/** A server that can be read has our settings in the session, and knows the commands of replication where we asked for them. */
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

/** A syntax error: the parameter `replication` did not reach the server. */
function refuseCommand(target: ServerTarget) {
  return (error: unknown): never => {
    if (!(error instanceof OffbeatError) || error.details['sqlstate'] !== '42601') throw error
    const found = 'the replication command IDENTIFY_SYSTEM is refused as SQL: the parameter `replication` was dropped'
    throw behindPooler(target, { found, pooler: null })
  }
}

/** The server itself refuses most of what writes, should we ever be wrong. */
const READ_ONLY = { default_transaction_read_only: 'on' }

/** The major version that the server reports while it logs us in; 0 before that. */
function reportedVersion(client: Client): () => number {
  let version = 0
  client.connection.on('parameterStatus', (status: unknown) => {
    if (typeof status !== 'object' || status === null) return
    if (Reflect.get(status, 'parameterName') !== 'server_version') return
    version = Number.parseInt(String(Reflect.get(status, 'parameterValue')), 10) || 0
  })
  return () => version
}
