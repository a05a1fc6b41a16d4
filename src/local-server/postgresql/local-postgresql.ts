import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PRIVATE_FILE_MODE, writePrivateFile } from '../../files/private-file.ts'
import { OffbeatError } from '../../model/error.ts'
import { accepts, freePort } from '../free-port.ts'
import { makeServerFolder } from '../server-folder.ts'
import { spawnAs, type User, unprivilegedUser } from '../unprivileged-user.ts'
import { Watchdog } from '../watchdog.ts'
import { findPostgresqlBinaries, moveInto, type PostgresqlBinaries } from './postgresql-binaries.ts'

const START_TIMEOUT_MS = 60_000
const SIGNALS = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const

/** Small, on loopback alone, fit for logical decoding. Without fsync a killed server loses nothing all the same, only a power cut would. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  wal_level: 'logical',
  max_wal_senders: '40',
  max_replication_slots: '60',
  max_connections: '150',
  max_prepared_transactions: '10',
  shared_buffers: '32MB',
  fsync: 'off',
}

export interface LocalPostgresqlOptions {
  /** Our own environment: its PATH is searched, and the server gets it. */
  readonly env: NodeJS.ProcessEnv
  /** The major version; absent: the newest there is. */
  readonly version?: number
  /** Settings of postgresql.conf, over our own. */
  readonly settings?: Readonly<Record<string, string>>
  /** A part of the data folder's name, which shows whose it is. */
  readonly label?: string
  /** A cluster to start from, in place of one that `initdb` creates; its programs are the server's. */
  readonly prepared?: PreparedCluster
}

export interface PreparedCluster {
  readonly binDir: string
  readonly version: number
  /** Of the superuser `postgres`. */
  readonly password: string
  /** Creates the data folder as `createLocalPostgresql` leaves one, owned by `user` (null: by us). */
  fill(dataDir: string, user: User | null): Promise<void>
}

/**
 * Starts a PostgreSQL server of our own: a fresh data folder, 127.0.0.1, a free port, a superuser `postgres` with a random password
 * (scram-sha-256). It ends, and its folder goes, when it is disposed or when our process ends in whatever way.
 */
export async function startLocalPostgresql(options: LocalPostgresqlOptions): Promise<LocalPostgresql> {
  const server = await createLocalPostgresql(options)
  try {
    await server.start()
    return server
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
}

/** The same server before its first start. */
export async function createLocalPostgresql(options: LocalPostgresqlOptions): Promise<LocalPostgresql> {
  const { env, prepared, settings = {} } = options
  const user = await unprivilegedUser()
  const found = prepared ?? (await findPostgresqlBinaries({ major: options.version ?? null, user, env }))
  const folder = await makeServerFolder(options.label ?? 'postgresql', user)
  const watchdog = new Watchdog(folder)
  try {
    const programs = 'movable' in found ? await reachable(found, folder, user) : found
    const server = new LocalPostgresql({ env, user, folder, watchdog, ...programs })
    if (prepared === undefined) await server.initialize()
    else await prepared.fill(server.dataDir, user)
    server.configure(settings)
    return server
  } catch (error) {
    await watchdog.finish()
    throw error
  }
}

async function reachable(
  found: PostgresqlBinaries,
  folder: string,
  user: User | null,
): Promise<Pick<Place, 'binDir' | 'version'>> {
  const binDir = found.reachable ? found.binDir : await moveInto(found.movable ?? '', folder, user)
  return { binDir, version: found.major }
}

interface Place {
  readonly env: NodeJS.ProcessEnv
  readonly user: User | null
  readonly folder: string
  readonly watchdog: Watchdog
  readonly binDir: string
  readonly version: number
  /** Absent: a random one. */
  readonly password?: string
}

export class LocalPostgresql implements AsyncDisposable {
  readonly version: number
  readonly host = '127.0.0.1'
  readonly user = 'postgres'
  readonly password: string
  readonly binDir: string
  readonly dataDir: string
  /** All of the server's files lie in it; what else is put there goes with it. */
  readonly folder: string
  /** What the server says on its standard error. */
  readonly logFile: string
  readonly #place: Place
  #port = 0
  #child: ChildProcess | null = null
  #finished: Promise<void> | null = null

  /** To be had from `startLocalPostgresql`. */
  constructor(place: Place) {
    this.#place = place
    this.version = place.version
    this.password = place.password ?? randomBytes(12).toString('hex')
    this.binDir = place.binDir
    this.folder = place.folder
    this.dataDir = join(place.folder, 'data')
    this.logFile = join(place.folder, 'server.log')
  }

  get port(): number {
    return this.#port
  }

  /** The postmaster's number; null while the server is down. */
  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  url(database: string): string {
    return `postgresql://${this.user}:${this.password}@${this.host}:${this.port}/${encodeURIComponent(database)}`
  }

  async initialize(): Promise<void> {
    const passwordFile = join(this.#place.folder, 'password')
    writePrivateFile(passwordFile, this.password, 'new')
    this.#give(passwordFile)
    const child = this.#spawn('initdb', [
      ...['--pgdata', this.dataDir, '--username', this.user, '--pwfile', passwordFile, '--no-sync'],
      ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C'],
    ])
    child.ref()
    const [code] = await once(child, 'exit')
    this.#place.watchdog.watch(0)
    rmSync(passwordFile)
    if (code !== 0) throw this.#failure('initdb failed')
    this.configure(SETTINGS)
  }

  /** Over what is set already. */
  configure(settings: Readonly<Record<string, string>>): void {
    const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    writeFileSync(join(this.dataDir, 'postgresql.conf'), lines.join(''), { flag: 'a' })
  }

  /** Starts the server; after a stop on the same port. */
  async start(): Promise<void> {
    if (this.#child !== null) return
    const deadline = performance.now() + START_TIMEOUT_MS
    const settled = this.#port !== 0
    while (performance.now() < deadline) {
      if (!settled) this.#port = await freePort()
      const logged = this.log().length
      const child = this.#launch()
      if (await this.#ready(child, deadline)) return
      const said = this.log().slice(logged)
      if (!/could not bind|shared memory block .* is still in use|lock file .* already exists/.test(said)) break
      await sleep(50)
    }
    throw this.#failure('the server did not start')
  }

  #launch(): ChildProcess {
    rmSync(this.#statusFile, { force: true })
    const child = this.#spawn('postgres', ['-D', this.dataDir, '-p', String(this.#port)])
    this.#child = child
    child.once('exit', () => {
      if (this.#child === child) this.#child = null
    })
    return child
  }

  get #statusFile(): string {
    return join(this.dataDir, 'postmaster.pid')
  }

  /** The eighth line of postmaster.pid says `ready` once connections are let in. False: it ended. */
  async #ready(child: ChildProcess, deadline: number): Promise<boolean> {
    while (performance.now() < deadline) {
      if (child.exitCode !== null || child.signalCode !== null) return false
      if (read(this.#statusFile).split('\n')[7]?.trim() === 'ready') return true
      await sleep(10)
    }
    return false
  }

  /** As `pg_ctl stop -m`: `smart` waits for clients, `fast` sends them away, `immediate` leaves recovery to the next start. */
  async stop(mode: keyof typeof SIGNALS): Promise<void> {
    await this.#end(SIGNALS[mode])
  }

  /** kill -9 of the postmaster, the rest of the server ends by itself; resolves when the port is free. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
    while (await accepts(this.#port)) await sleep(10)
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === null) return
    const exited = once(child, 'exit')
    child.ref()
    child.kill(signal)
    await exited
  }

  log(): string {
    return read(this.logFile)
  }

  /** Stops the server at once and removes its folder. A second time is harmless. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#finished ??= this.#place.watchdog.finish()
    await this.#finished
  }

  #spawn(program: string, args: readonly string[]): ChildProcess {
    const log = openSync(this.logFile, 'a', PRIVATE_FILE_MODE)
    const child = spawn(join(this.binDir, program), args, {
      cwd: this.#place.folder,
      detached: true,
      stdio: ['ignore', log, log],
      env: withoutPostgresqlSettings(this.#place.env),
      ...spawnAs(this.#place.user),
    })
    closeSync(log)
    child.on('error', () => undefined)
    if (child.pid !== undefined) this.#place.watchdog.watch(child.pid)
    child.unref()
    return child
  }

  #give(path: string): void {
    const { user } = this.#place
    if (user !== null) chownSync(path, user.uid, user.gid)
  }

  #failure(what: string): OffbeatError {
    return new OffbeatError('LOCAL_SERVER_FAILED', {
      message: `${what}: PostgreSQL ${this.version} in ${this.binDir}`,
      found: this.log().trim().split('\n').slice(-5).join(' | '),
    })
  }
}

function withoutPostgresqlSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const inherited = Object.entries(env).filter(([name]) => !name.startsWith('PG'))
  return { ...Object.fromEntries(inherited), LC_ALL: 'C', TZ: 'UTC' }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
