import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writePrivateFile } from '../../files/private-file.ts'
import type { OffbeatError } from '../../model/error.ts'
import { createInNewHome, type ServerHome, startOrDispose } from '../server-home.ts'
import { ServerProcess, textOf } from '../server-process.ts'
import type { User } from '../unprivileged-user.ts'
import { findPostgresqlBinaries, moveInto, type PostgresqlBinaries } from './postgresql-binaries.ts'

const SIGNALS = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const

/**
 * A small server on loopback only, ready for logical decoding. Without fsync, a killed server still loses nothing; only a power failure
 * would lose data.
 */
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
  /** The environment of this process, which the server inherits. Its PATH is searched. */
  readonly env: NodeJS.ProcessEnv
  /** The major version. Absent: the newest one found. */
  readonly version?: number
  /** Settings of postgresql.conf, which override the defaults. */
  readonly settings?: Readonly<Record<string, string>>
  /** Part of the name of the data folder, which shows who uses it. */
  readonly label?: string
  /** Stops the server if it aborts before the server has started. */
  readonly signal?: AbortSignal
  /** How much room the server needs on its disk. Absent: it is not checked. */
  readonly neededBytes?: number
  /** An existing cluster to start from, with the programs to run it. Without it, `initdb` creates one. */
  readonly prepared?: PreparedCluster
}

export interface PreparedCluster {
  readonly binDir: string
  readonly version: number
  /** The password of the superuser `postgres`. */
  readonly password: string
  /** Creates the data folder in the state that `createLocalPostgresql` leaves it in, owned by `user` (null: the current user). */
  fill(dataDir: string, user: User | null): Promise<void>
}

/**
 * Starts a private PostgreSQL server: a fresh data folder, 127.0.0.1, a free port, a superuser `postgres` with a random password
 * (scram-sha-256). The server stops and its folder is deleted when it is disposed or when this process ends, for whatever reason.
 */
export async function startLocalPostgresql(options: LocalPostgresqlOptions): Promise<LocalPostgresql> {
  return await startOrDispose(await createLocalPostgresql(options))
}

/** The same server before its first start. */
export async function createLocalPostgresql(options: LocalPostgresqlOptions): Promise<LocalPostgresql> {
  const { env, prepared, signal, neededBytes, label = 'postgresql', settings = {} } = options
  return await createInNewHome({ label, stopSignal: 'QUIT', signal, neededBytes }, async (home) => {
    const { user, folder } = home
    const found = prepared ?? (await findPostgresqlBinaries({ major: options.version ?? null, user, env }))
    const programs = 'movable' in found ? await reachable(found, folder, user) : found
    const server = new LocalPostgresql({ ...home, env, ...programs })
    if (prepared === undefined) await server.initialize()
    else await prepared.fill(server.dataDir, user)
    server.configure(settings)
    return server
  })
}

async function reachable(
  found: PostgresqlBinaries,
  folder: string,
  user: User | null,
): Promise<Pick<ServerOptions, 'binDir' | 'version'>> {
  const binDir = found.reachable ? found.binDir : await moveInto(found.movable ?? '', folder, user)
  return { binDir, version: found.major }
}

interface ServerOptions extends ServerHome {
  readonly env: NodeJS.ProcessEnv
  readonly binDir: string
  readonly version: number
  /** Absent: a random password. */
  readonly password?: string
}

export class LocalPostgresql implements AsyncDisposable {
  readonly version: number
  readonly host = '127.0.0.1'
  readonly user = 'postgres'
  readonly password: string
  readonly binDir: string
  readonly dataDir: string
  /** Contains all files of the server. Anything else that is put there is deleted with it. */
  readonly folder: string
  readonly #process: ServerProcess

  /** Use `startLocalPostgresql` instead. */
  constructor(options: ServerOptions) {
    this.version = options.version
    this.password = options.password ?? randomBytes(12).toString('hex')
    this.binDir = options.binDir
    this.folder = options.folder
    this.dataDir = join(options.folder, 'data')
    this.#process = new ServerProcess({ ...options, env: withoutPostgresqlSettings(options.env) })
  }

  get port(): number {
    return this.#process.port
  }

  /** The process ID of the postmaster. null while the server is down. */
  get pid(): number | null {
    return this.#process.pid
  }

  /** The server's standard error. */
  get logFile(): string {
    return this.#process.logFile
  }

  url(database: string): string {
    return `postgresql://${this.user}:${this.password}@${this.host}:${this.port}/${encodeURIComponent(database)}`
  }

  async initialize(): Promise<void> {
    const passwordFile = join(this.folder, 'password')
    writePrivateFile(passwordFile, this.password, 'new')
    this.#process.give(passwordFile)
    const code = await this.#process.run(join(this.binDir, 'initdb'), [
      ...['--pgdata', this.dataDir, '--username', this.user, '--pwfile', passwordFile, '--no-sync'],
      ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C'],
    ])
    rmSync(passwordFile)
    if (code !== 0) throw this.#failure('initdb failed')
    this.configure(SETTINGS)
  }

  /** Overrides the current settings. */
  configure(settings: Readonly<Record<string, string>>): void {
    const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    writeFileSync(join(this.dataDir, 'postgresql.conf'), lines.join(''), { flag: 'a' })
  }

  /** Starts the server. After a stop, it gets the same port again. */
  async start(): Promise<void> {
    const statusFile = join(this.dataDir, 'postmaster.pid')
    const started = await this.#process.start({
      program: join(this.binDir, 'postgres'),
      args: (port) => ['-D', this.dataDir, '-p', String(port)],
      prepare: () => rmSync(statusFile, { force: true }),
      // Line 8 of postmaster.pid is `ready` once connections are accepted.
      ready: () => textOf(statusFile).split('\n')[7]?.trim() === 'ready',
      passing: /could not bind|shared memory block .* is still in use|lock file .* already exists/,
    })
    if (!started) throw this.#failure('the server did not start')
  }

  /** Like `pg_ctl stop -m`: `smart` waits for clients, `fast` disconnects them, `immediate` leaves recovery to the next start. */
  async stop(mode: keyof typeof SIGNALS): Promise<void> {
    await this.#process.end(SIGNALS[mode])
  }

  /** Sends kill -9 to the postmaster; the other processes of the server end by themselves. Resolves when the port is free. */
  async kill(): Promise<void> {
    await this.#process.kill()
  }

  log(): string {
    return this.#process.log()
  }

  /** Stops the server at once and removes its folder. Can be called twice. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.finish()
  }

  #failure(what: string): OffbeatError {
    return this.#process.failure(what, `PostgreSQL ${this.version} in ${this.binDir}`)
  }
}

function withoutPostgresqlSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const inherited = Object.entries(env).filter(([name]) => !name.startsWith('PG'))
  return { ...Object.fromEntries(inherited), LC_ALL: 'C', TZ: 'UTC' }
}
