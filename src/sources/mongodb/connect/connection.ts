import type { ClientSession, Document, MongoClient, MongoClientOptions, RunCommandOptions } from 'mongodb'
import type { OffbeatError } from '../../../model/error.ts'
import type { ErrorCode } from '../../../model/error-code.ts'
import { connectionLost, noAnswer } from '../../connect/connection-error.ts'
import { whileRotating } from '../../connect/password.ts'
import type { ServerRequest } from '../../connect/server-request.ts'
import type { ServerTarget } from '../../connect/server-target.ts'
import { SideSession } from '../../connect/side-session.ts'
import type { MongodbConfig } from '../config.ts'
import { CONNECT_TIMEOUT_MS, explainError, SOCKET_TIMEOUT_MS } from '../errors/errors.ts'
import { explainCut } from '../errors/plain-server.ts'
import { clientOptions, connectionString } from './client-options.ts'
import { commandRequest } from './command-request.ts'
import { authSourceOfDns, dnsNamesDatabase, explainDns } from './dns-records.ts'
import { refuseForeignHost, refuseForeignServer } from './foreign-service.ts'
import { loadBalanced } from './load-balanced.ts'
import { refuseUnreadableMember } from './member-state.ts'
import { parseAddress, targetOf } from './mongodb-target.ts'
import { checkPoolsRarely } from './pool-check.ts'
import { checkVersion, type ServerFacts, serverFacts } from './server-facts.ts'
import { onStepDown, steppedDown } from './step-down.ts'
import { setNotFound } from './wrong-set.ts'

const COMMAND_TIMEOUT_MS = 20_000
const APP_NAME = 'offbeat'

export interface ConnectionOptions {
  /** The source's name. The server shows it as `offbeat <source>` in its log and in `currentOp`. */
  readonly source: string
  readonly connectTimeoutMs?: number
  /** 'primary': for what must be written, or asked of the primary. Absent: as the URL says. */
  readonly readFrom?: 'primary'
  /** How long the server may be silent while a command is running. Absent: a default. */
  readonly silenceMs?: number
  readonly signal: AbortSignal
}

export interface CommandOptions {
  readonly signal?: AbortSignal
  /** Default: 20 s; null: no timeout. */
  readonly timeoutMs?: number | null
  readonly session?: ClientSession
  /** Nested documents of the reply stay BSON bytes. */
  readonly raw?: true
}

export type MongodbSideSession = SideSession<MongodbConnection>

/** After an error with one of these codes, another server may be the right one, so the next use opens a new connection. */
const ENDS_SESSION: readonly ErrorCode[] = [
  'DATABASE_CONNECTION_LOST',
  'DATABASE_SESSION_ENDED',
  'DATABASE_STARTING',
  'DATABASE_STOPPING',
  'DATABASE_UNREACHABLE',
]

/** A client of the driver for one server. Every failure is a classified error. After a timeout or an abort it cannot be used any more. */
export class MongodbConnection implements AsyncDisposable {
  readonly target: ServerTarget
  readonly facts: ServerFacts
  readonly isFallback = false
  readonly #client: MongoClient
  readonly #silenceMs: number
  #over: OffbeatError | null = null

  constructor(
    client: MongoClient,
    about: Pick<MongodbConnection, 'target' | 'facts'> & { readonly silenceMs: number },
  ) {
    this.#client = client
    this.#silenceMs = about.silenceMs
    this.target = about.target
    this.facts = about.facts
  }

  get isOpen(): boolean {
    return this.#over === null
  }

  /**
   * The connection ends when its server is no longer the primary. Since MongoDB 4.2 a member that steps down keeps its connections and its
   * cursors, and it can be one that the others have lost.
   */
  endWithPrimary(): void {
    if (this.facts.role !== 'primary') this.#over ??= steppedDown(this.target)
    onStepDown(this.#client, this.target, (error) => {
      this.#over ??= error
    })
  }

  /**
   * A cursor can be read only with the session that opened it. `causal`: the session knows the time of its last operation. The caller ends
   * it.
   */
  startSession({ causal = false }: { readonly causal?: boolean } = {}): ClientSession {
    return this.#client.startSession({ causalConsistency: causal })
  }

  /**
   * Runs one command in a database and returns the reply. A connection of the pool can have been closed since it was last used, so a command
   * that only reads is tried a second time.
   */
  async command(database: string, command: Document, options: CommandOptions = {}): Promise<Document> {
    const { session, raw } = options
    const request = commandRequest(database, command)
    const ask = (client: MongoClient, signal: AbortSignal) =>
      client.db(database).command(command, {
        signal,
        readPreference: client.readPreference,
        ...(session === undefined ? {} : { session }),
        // With raw, all values would be copied; integers keep their width.
        ...(raw === true ? { raw } : { promoteLongs: false }),
      } satisfies RunCommandOptions)
    return await this.run(request, options, async (client, signal) => {
      try {
        return await ask(client, signal)
      } catch (error) {
        const isStale = onlyReads(command) && this.#explained(error, request).code === 'DATABASE_CONNECTION_LOST'
        if (signal.aborted || !isStale) throw error
        return await ask(client, signal)
      }
    })
  }

  /** Runs `work` with the driver's client. `request`: what to name in an error. */
  async run<T>(
    request: ServerRequest,
    options: Pick<CommandOptions, 'signal' | 'timeoutMs'>,
    work: (client: MongoClient, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { signal, timeoutMs = COMMAND_TIMEOUT_MS } = options
    if (this.#over !== null) throw this.#over
    signal?.throwIfAborted()
    const expired = new AbortController()
    const timer = timeoutMs === null ? undefined : setTimeout(() => expired.abort(), timeoutMs)
    const until = signal === undefined ? expired.signal : AbortSignal.any([signal, expired.signal])
    try {
      return await Promise.race([work(this.#client, until), aborted(until)])
    } catch (thrown) {
      throw this.#ended(thrown, request, { signal, expiredMs: expired.signal.aborted ? timeoutMs : null })
    } finally {
      clearTimeout(timer)
    }
  }

  #ended(
    thrown: unknown,
    request: ServerRequest,
    { signal, expiredMs }: { readonly signal: AbortSignal | undefined; readonly expiredMs: number | null },
  ): OffbeatError {
    if (expiredMs !== null) this.#over ??= noAnswer(this.target, expiredMs)
    else if (signal?.aborted === true) this.#over ??= connectionLost(this.target, 'stopped by Offbeat')
    if (this.#over !== null) {
      // Not every operation of the driver ends with the signal.
      this.#client.close().catch(() => undefined)
      return this.#over
    }
    const error = this.#explained(thrown, request)
    if (ENDS_SESSION.includes(error.code)) this.#over = error
    return error
  }

  #explained(thrown: unknown, request: ServerRequest): OffbeatError {
    if (thrown instanceof Error && thrown.name === 'MongoNetworkTimeoutError')
      return connectionLost(
        this.target,
        `the server sent nothing for ${Math.round(this.#silenceMs / 1000)} s, though it was asked something`,
      )
    return explainError(thrown, this.target, request)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over ??= connectionLost(this.target, 'closed by Offbeat')
    await closed(this.#client)
  }
}

const CLOSE_WITHIN_MS = 1000

/**
 * At its end the driver writes to the server that its sessions are over. If the server is unreachable by then, it can wait without end, and
 * its monitors keep the process alive. So it gets a second, and then the inner object that owns sockets and monitors is closed.
 */
async function closed(client: MongoClient): Promise<void> {
  const late = Promise.withResolvers<'late'>()
  const timer = setTimeout(() => late.resolve('late'), CLOSE_WITHIN_MS)
  const end = await Promise.race([client.close().catch(() => undefined), late.promise])
  clearTimeout(timer)
  if (end === 'late') closeTopology(Reflect.get(client, 'topology'))
}

/** It is not part of the driver's public interface. */
function closeTopology(topology: unknown): void {
  if (typeof topology !== 'object' || topology === null || !('close' in topology)) return
  if (typeof topology.close === 'function') topology.close()
}

const READS: readonly string[] = [
  'connectionStatus',
  'find',
  'hello',
  'listCollections',
  'listDatabases',
  'ping',
  'replSetGetConfig',
  'rolesInfo',
  'serverStatus',
  'usersInfo',
]

function onlyReads(command: Document): boolean {
  return READS.includes(Object.keys(command)[0] ?? '')
}

/** Rejects when the signal aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/**
 * Connects to the server of the set that the URL's read preference chooses, or to one of the routers. Where the driver would choose a server
 * for each command, the connection is to the first one alone: a cursor is known only where it was opened. A primary is followed to the next
 * one.
 */
export async function connectMongodb(config: MongodbConfig, options: ConnectionOptions): Promise<MongodbConnection> {
  const chosen = await connectWith(config, options, connectionString(config), {
    ...(options.readFrom === undefined ? {} : { readPreference: options.readFrom }),
  })
  if (!hasEquals(chosen, config, options)) return chosen
  await chosen[Symbol.asyncDispose]()
  return await connectToServer(config, chosen.target, options)
}

/** Whether the driver can choose another server for the next command. */
function hasEquals(
  { facts }: MongodbConnection,
  { connection }: MongodbConfig,
  { readFrom }: ConnectionOptions,
): boolean {
  const { hosts, parameters = {} } = connection
  if (parameters['directConnection'] === 'true') return false
  if (facts.role === 'mongos') return hosts.length > 1 || hosts.some(({ port }) => port === null)
  return facts.setName !== null && (readFrom ?? parameters['readPreference'] ?? 'primary') !== 'primary'
}

/** Connects to this one server, whatever its role. A cursor stays there. */
export async function connectToServer(
  config: MongodbConfig,
  { host, port }: Pick<ServerTarget, 'host' | 'port'>,
  options: ConnectionOptions,
): Promise<MongodbConnection> {
  const {
    replicaSet: _,
    readPreference: __,
    readPreferenceTags: ___,
    srvServiceName: ____,
    ...parameters
  } = config.connection.parameters ?? {}
  const authSource = dnsNamesDatabase(config) && config.connection.user !== null ? await authSourceOfDns(config) : null
  const login = authSource === null ? parameters : { ...parameters, authSource }
  const only = { ...config, connection: { ...config.connection, hosts: [{ host, port }], parameters: login } }
  return await connectWith(only, options, connectionString(only), { directConnection: true })
}

/** The reply of a server to `hello` without a login. Every client is allowed to ask. */
export async function askHello(config: MongodbConfig, options: ConnectionOptions): Promise<Document> {
  const { authMechanism: _, ...parameters } = config.connection.parameters ?? {}
  const anonymous = { ...config, connection: { ...config.connection, user: null, parameters } }
  const { client, target } = await clientFor(anonymous, options, connectionString(anonymous), {})
  try {
    return await Promise.race([askChosen(client, { hello: 1 }, options.signal), allFailed(client)])
  } catch (thrown) {
    options.signal.throwIfAborted()
    throw explainError(thrown, target)
  } finally {
    await closed(client)
  }
}

async function connectWith(
  config: MongodbConfig,
  options: ConnectionOptions,
  url: string,
  more: MongoClientOptions,
): Promise<MongodbConnection> {
  const { signal, silenceMs = SOCKET_TIMEOUT_MS } = options
  const { client, target } = await clientFor(config, options, url, more)
  try {
    const { hello, build, address } = await Promise.race([
      identify(client, signal),
      allFailed(client),
      setNotFound(client, config),
    ])
    const refusal = loadBalanced(client, target)
    if (refusal !== null) throw refusal
    const found = targetOf(parseAddress(address ?? `${target.host}:${target.port}`), config)
    refuseForeignServer(hello, build, found)
    const facts = serverFacts(hello, build)
    checkVersion(facts, found)
    await refuseUnreadableMember(hello, found, (command) => askChosen(client, command, signal))
    return new MongodbConnection(client, { target: found, facts, silenceMs })
  } catch (thrown) {
    await closed(client)
    signal.throwIfAborted()
    const known = explainDns(thrown, config) ?? loadBalanced(client, target) ?? thrown
    const error = explainCut(explainError(known, target), target)
    throw whileRotating(error, config.connection)
  }
}

/** `target`: the first host, which errors name until a server is chosen. */
async function clientFor(
  config: MongodbConfig,
  options: ConnectionOptions,
  url: string,
  more: MongoClientOptions,
): Promise<{ readonly client: MongoClient; readonly target: ServerTarget }> {
  const { source, signal, connectTimeoutMs = CONNECT_TIMEOUT_MS, silenceMs = SOCKET_TIMEOUT_MS } = options
  signal.throwIfAborted()
  const { hosts } = config.connection
  const [seed = { host: 'localhost', port: null }] = hosts
  const target = targetOf(seed, config)
  refuseForeignHost(
    hosts.map(({ host }) => host),
    target,
  )
  const { MongoClient } = await import('mongodb')
  const client = new MongoClient(url, {
    appName: `${APP_NAME} ${source}`,
    serverSelectionTimeoutMS: connectTimeoutMs,
    connectTimeoutMS: connectTimeoutMs,
    socketTimeoutMS: silenceMs,
    maxPoolSize: 2,
    serverMonitoringMode: 'poll',
    ...(await clientOptions(config, target)),
    ...more,
  })
  checkPoolsRarely(client)
  return { client, target }
}

/**
 * Rejects when none of the servers can be reached, with the error of one. The driver alone would try again until its timeout; the caller
 * decides better when to.
 */
function allFailed(client: MongoClient): Promise<never> {
  return new Promise((_, reject) => {
    client.on('topologyDescriptionChanged', ({ newDescription: { servers } }) => {
      const errors = [...servers.values()].map(({ type, error }) => (type === 'Unknown' ? error : null))
      const [first] = errors
      if (first != null && errors.every((error) => error != null)) reject(first)
    })
  })
}

/** Asks a server what it is, and which server that was: the driver chooses it. */
async function identify(
  client: MongoClient,
  signal: AbortSignal,
): Promise<{ readonly hello: Document; readonly build: Document; readonly address: string | null }> {
  let address: string | null = null
  // The events of commands have the address that the name led to.
  client.on('connectionCheckedOut', (event) => {
    address = event.address
  })
  const hello = await askChosen(client, { hello: 1 }, signal)
  const build = await askChosen(client, { buildInfo: 1 }, signal)
  client.removeAllListeners('connectionCheckedOut')
  client.removeAllListeners('topologyDescriptionChanged')
  client.removeAllListeners('serverHeartbeatSucceeded')
  return { hello, build, address }
}

async function askChosen(client: MongoClient, command: Document, signal: AbortSignal): Promise<Document> {
  return await client.db('admin').command(command, { signal, readPreference: client.readPreference })
}

/** A second session, opened only when it is needed. */
export function mongodbBesides(
  config: MongodbConfig,
  source: string,
  about: Pick<ConnectionOptions, 'readFrom'> = {},
): MongodbSideSession {
  const [seed = { host: 'localhost', port: null }] = config.connection.hosts
  const { host, port } = targetOf(seed, config)
  return new SideSession({
    // The driver tries the hosts itself.
    hosts: [{ host, port }],
    open: (_, options) => connectMongodb(config, { source, ...about, ...options }),
  })
}
