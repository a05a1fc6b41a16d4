import type { Socket } from 'node:net'
import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2'
import type { ErrorCode } from '../../../model/error-code.ts'
import { connectionLost } from '../../connect/connection-error.ts'
import { DriverStream } from '../../connect/driver-stream.ts'
import { type Host, openFirst } from '../../connect/host-order.ts'
import { passwordOf, whileRotating } from '../../connect/password.ts'
import { statementRequest } from '../../connect/server-request.ts'
import type { ServerTarget } from '../../connect/server-target.ts'
import { SessionLife, type StatementOptions } from '../../connect/session-life.ts'
import { SideSession } from '../../connect/side-session.ts'
import { openSocket, withDeadline } from '../../connect/socket.ts'
import type { TextRow } from '../../connect/text-row.ts'
import { tlsOptions } from '../../connect/tls.ts'
import type { MysqlConfig } from '../config.ts'
import { explainError } from '../errors/errors.ts'
import { logIn } from './login.ts'
import { targetOf } from './mysql-target.ts'
import { type Account, parseAccount } from './quoting.ts'
import { canWrite } from './read-only.ts'
import { checkVersion, parseVersion, type ServerVersion } from './server-version.ts'
import { openingStatements, type SessionUse } from './session-settings.ts'

const CONNECT_TIMEOUT_MS = 15_000

export interface ConnectionOptions {
  /** The source's name. The server shows it as `offbeat <source>` in the connection attributes of the session. */
  readonly source: string
  readonly use: SessionUse
  /** The server's timeout for one statement. Absent: a default for the use. */
  readonly timeoutMs?: number
  readonly connectTimeoutMs?: number
  readonly signal: AbortSignal
}

export type MysqlSideSession = SideSession<MysqlConnection>

/** After an error with one of these codes the connection is closed or about to be. */
const ENDS_SESSION: readonly ErrorCode[] = [
  'DATABASE_CONNECTION_LOST',
  'DATABASE_SESSION_ENDED',
  'DATABASE_STOPPING',
  'DATABASE_UNREACHABLE',
]

/**
 * One session. Every failure is a classified error. After a timeout, an abort or a lost connection the session is closed and cannot be
 * reused.
 */
export class MysqlConnection implements AsyncDisposable {
  readonly target: ServerTarget
  readonly version: ServerVersion
  /** The account that the server has chosen for the user. Its privileges apply. */
  readonly account: Account
  /** This server is read-only. It was chosen because no other host was a primary that accepted the connection. */
  isFallback = false
  readonly #driver: Connection
  readonly #stream: DriverStream
  readonly #socket: Socket
  readonly #life: SessionLife

  constructor(
    driver: Connection,
    stream: DriverStream,
    socket: Socket,
    about: Pick<MysqlConnection, 'target' | 'version' | 'account'>,
  ) {
    const { version, account } = about
    const target = { ...about.target, accountHost: account.host }
    this.#driver = driver
    this.#stream = stream
    this.#socket = socket
    this.#life = new SessionLife(socket, target)
    this.target = target
    this.version = version
    this.account = account
    driver.on('error', (error) => this.#life.end(explainError(error, target)))
    socket.once('close', () => this.#life.end(connectionLost(target, 'the connection ended')))
  }

  get isOpen(): boolean {
    return this.#life.isOpen
  }

  /** The server's number of the session. */
  get id(): number {
    return this.#driver.threadId
  }

  /** Runs one statement. The driver replaces each `?` in it with a quoted value. */
  async query(
    text: string,
    values: readonly string[] = [],
    options: StatementOptions = {},
  ): Promise<readonly TextRow[]> {
    return await this.#run(() => rowsOf(this.#driver, text, values), text, options)
  }

  /** Runs one statement without rows and returns the number of rows that it changed. A row that it leaves as it was is not counted. */
  async change(text: string, options: StatementOptions = {}): Promise<number> {
    return await this.#run(() => changedRows(this.#driver, text), text, options)
  }

  async #run<T>(work: () => Promise<T>, text: string, options: StatementOptions): Promise<T> {
    return await this.#life.run(
      work,
      (thrown) => {
        const error = explainError(thrown, this.target, statementRequest(text, this.target))
        if (ENDS_SESSION.includes(error.code)) this.#life.end(error)
        return error
      },
      options,
    )
  }

  /**
   * Hands over the raw socket. Call it only between two statements. The driver's listeners are removed, and nothing reads from the socket.
   */
  release(): Socket {
    this.#life.handOver()
    return this.#stream.detach()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#life.close(() => this.#driver.end(() => this.#socket.end()))
  }
}

/** Connects to the first configured host that accepts the connection. A primary is preferred over a read-only server. */
export async function connectMysql(config: MysqlConfig, options: ConnectionOptions): Promise<MysqlConnection> {
  return await openFirst(config.connection.hosts, options.signal, {
    open: (at) => connectAndIdentify(at, config, options),
    explain: async (thrown, at) => whileRotating(explainError(thrown, targetOf(at, config)), config.connection),
  })
}

async function connectAndIdentify(at: Host, config: MysqlConfig, options: ConnectionOptions): Promise<MysqlConnection> {
  const connection = await connectTo(at, config, options)
  if (config.connection.hosts.length === 1) return connection
  await using opened = new AsyncDisposableStack()
  opened.use(connection)
  const [row] = await connection.query(`SELECT ${canWrite()} AS writable`, [], { signal: options.signal })
  connection.isFallback = row?.['writable'] !== '1'
  opened.move()
  return connection
}

async function connectTo(at: Host, config: MysqlConfig, options: ConnectionOptions): Promise<MysqlConnection> {
  const target = targetOf(at, config)
  const deadline = { timeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, signal: options.signal }
  const socket = await openSocket(target, deadline, null)
  return await withDeadline(socket, target, deadline, () => begin(socket, target, config, options))
}

async function begin(
  socket: Socket,
  target: ServerTarget,
  config: MysqlConfig,
  options: ConnectionOptions,
): Promise<MysqlConnection> {
  const stream = new DriverStream(socket)
  const driver = await logInWithPassword(stream, target, config, options)
  const run = async (statement: string) => {
    try {
      return await rowsOf(driver, statement, [])
    } catch (error) {
      throw explainError(error, target, statementRequest(statement, target))
    }
  }
  const [row] = await run('SELECT VERSION() AS version, CURRENT_USER() AS account')
  const account = parseAccount(row?.['account'] ?? config.connection.user)
  const version = parseVersion(row?.['version'] ?? '')
  checkVersion(version, config.kind, target)
  const { use, timeoutMs } = options
  const settings = { use, readOnly: config.readOnly, ...(timeoutMs === undefined ? {} : { timeoutMs }) }
  for (const statement of openingStatements(config.kind, settings)) await run(statement)
  return new MysqlConnection(driver, stream, socket, { target, version, account })
}

async function logInWithPassword(
  stream: DriverStream,
  target: ServerTarget,
  { connection, allowPublicKeyRetrieval }: MysqlConfig,
  { source }: ConnectionOptions,
): Promise<Connection> {
  const hasPassword = connection.password !== null || connection.passwordFile !== undefined
  const password = hasPassword ? await passwordOf(connection, target) : ''
  const tls = await tlsOptions(connection.tls, target)
  const programName = `offbeat ${source}`
  try {
    const login = { target, user: connection.user, password, programName, tls, allowPublicKeyRetrieval }
    return await logIn(stream, login)
  } catch (error) {
    const refused = explainError(error, target)
    // We have no password to send, and only now does the server report that the account needs one. Report the missing password.
    if (!hasPassword && refused.code === 'DATABASE_PASSWORD_WRONG') await passwordOf(connection, target)
    throw refused
  }
}

/** A second session, opened only when it is needed. */
export function mysqlBesides(
  config: MysqlConfig,
  source: string,
  about: Pick<ConnectionOptions, 'use' | 'timeoutMs'> & { readonly idleCloseMs?: number },
): MysqlSideSession {
  const { idleCloseMs, ...settings } = about
  return new SideSession({
    hosts: config.connection.hosts,
    open: (hosts, options) =>
      connectMysql({ ...config, connection: { ...config.connection, hosts } }, { source, ...settings, ...options }),
    ...(idleCloseMs === undefined ? {} : { idleCloseMs }),
  })
}

function rowsOf(driver: Connection, text: string, values: readonly string[]): Promise<readonly TextRow[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly TextRow[]>()
  driver.query<RowDataPacket[]>(text, [...values], (error, rows) => {
    if (error === null) resolve(Array.isArray(rows) ? rows : [])
    else reject(error)
  })
  return promise
}

function changedRows(driver: Connection, text: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  driver.query<ResultSetHeader>(text, (error, result) => {
    if (error === null) resolve(result.affectedRows)
    else reject(error)
  })
  return promise
}
