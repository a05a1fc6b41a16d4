import { randomBytes, randomInt } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writePrivateFile } from '../../files/private-file.ts'
import type { OffbeatError } from '../../model/error.ts'
import { createInNewHome, type ServerHome, startOrDispose } from '../server-home.ts'
import { ServerProcess } from '../server-process.ts'
import type { User } from '../unprivileged-user.ts'
import { findMysqlBinary, type MysqlBinary, type MysqlProduct, PRODUCT_TITLES } from './mysql-binaries.ts'
import { initializationOf } from './mysql-initialization.ts'
import { defaultSettings, type MysqlSettings, withoutMysqlSettings } from './mysql-settings.ts'

export interface LocalMysqlOptions {
  readonly product: MysqlProduct
  /**
   * The environment of this process, which the server inherits. MYSQLD_BINARY or MARIADBD_BINARY names the program; otherwise PATH is
   * searched.
   */
  readonly env: NodeJS.ProcessEnv
  /** The start of the version, such as '9' or '10.11'. Absent: the first one found. */
  readonly version?: string
  /** The oldest version that can be used, if `version` is absent. Absent: the oldest that Offbeat reads. */
  readonly oldest?: readonly [number, number]
  /** Lines of the option file, which override the defaults. '' for an option without a value. */
  readonly settings?: MysqlSettings
  /** Part of the name of the data folder, which shows who uses it. */
  readonly label?: string
  /** Stops the server if it aborts before the server has started. */
  readonly signal?: AbortSignal
  /** How much room the server needs on its disk. Absent: it is not checked. */
  readonly neededBytes?: number
  /** An existing data folder to start from. Without it, the server creates one. */
  readonly prepared?: PreparedData
}

export interface PreparedData {
  readonly binary: MysqlBinary
  /** The password of root. */
  readonly password: string
  /** Creates the data folder in the state that `createLocalMysql` leaves it in, owned by `user` (null: the current user). */
  fill(dataDir: string, user: User | null): Promise<void>
}

/**
 * Starts a private MySQL or MariaDB server: a fresh data folder, 127.0.0.1, a free port, `root` with a random password. Its binary log is
 * on, in row format, with GTIDs. The server stops and its folder is deleted when it is disposed or when this process ends, for whatever
 * reason.
 */
export async function startLocalMysql(options: LocalMysqlOptions): Promise<LocalMysql> {
  return await startOrDispose(await createLocalMysql(options))
}

/** The same server before its first start. */
export async function createLocalMysql(options: LocalMysqlOptions): Promise<LocalMysql> {
  const {
    product,
    version = null,
    oldest,
    env,
    prepared,
    signal,
    neededBytes,
    label = product,
    settings = {},
  } = options
  return await createInNewHome({ label, stopSignal: 'KILL', signal, neededBytes }, async (home) => {
    const { user } = home
    const binary = prepared?.binary ?? (await findMysqlBinary({ product, version, oldest, user, env }))
    const password = prepared?.password ?? randomBytes(12).toString('hex')
    const server = new LocalMysql({ ...home, env, binary, password })
    if (prepared === undefined) await server.initialize()
    else await prepared.fill(server.dataDir, user)
    server.configure(settings)
    return server
  })
}

interface ServerOptions extends ServerHome {
  readonly env: NodeJS.ProcessEnv
  readonly binary: MysqlBinary
  readonly password: string
}

export class LocalMysql implements AsyncDisposable {
  readonly binary: MysqlBinary
  readonly host = '127.0.0.1'
  readonly user = 'root'
  readonly password: string
  readonly dataDir: string
  /** Contains all files of the server. Anything else that is put there is deleted with it. */
  readonly folder: string
  readonly #process: ServerProcess
  readonly #optionFile: string

  constructor(options: ServerOptions) {
    this.binary = options.binary
    this.password = options.password
    this.folder = options.folder
    this.dataDir = join(options.folder, 'data')
    this.#process = new ServerProcess({ ...options, env: withoutMysqlSettings(options.env) })
    this.#optionFile = join(options.folder, 'server.cnf')
    this.configure({
      datadir: this.dataDir,
      // The user that the server runs as may be unable to write to the folder in TMPDIR.
      tmpdir: options.folder,
      server_id: String(randomInt(1, 2 ** 31)),
      ...defaultSettings(options.binary),
    })
  }

  get port(): number {
    return this.#process.port
  }

  /** null while the server is down. */
  get pid(): number | null {
    return this.#process.pid
  }

  url(database: string): string {
    return `${this.binary.product}://${this.user}:${this.password}@${this.host}:${this.port}/${encodeURIComponent(database)}`
  }

  async initialize(): Promise<void> {
    const { args, script, byInput } = initializationOf(this.binary, this.folder, this.password)
    writePrivateFile(script.path, script.text, 'new')
    mkdirSync(this.dataDir, { mode: 0o750 })
    for (const path of [script.path, this.dataDir]) this.#process.give(path)
    const code = await this.#process.run(
      this.binary.program,
      [`--defaults-file=${this.#optionFile}`, '--skip-log-bin', '--innodb-flush-log-at-trx-commit=0', ...args],
      byInput ? script.path : undefined,
    )
    rmSync(script.path)
    if (code !== 0) throw this.#failure('the data folder could not be created')
  }

  /** Overrides the current settings. Takes effect at the next start. */
  configure(settings: MysqlSettings): void {
    const lines = Object.entries(settings).map(([name, value]) => (value === '' ? `${name}\n` : `${name}=${value}\n`))
    writeFileSync(this.#optionFile, `[mysqld]\n${lines.join('')}`, { flag: 'a' })
  }

  /** Starts the server. After a stop, it gets the same port again. */
  async start(): Promise<void> {
    const started = await this.#process.start({
      program: this.binary.program,
      args: (port) => [`--defaults-file=${this.#optionFile}`, `--port=${port}`],
      ready: (said) => /: ready for connections/.test(said),
      passing: /Bind on TCP\/IP port|Unable to lock .* error: 11|Can't lock aria/,
    })
    if (!started) throw this.#failure('the server did not start')
  }

  /** Disconnects clients, rolls back what they have not committed, and stops the server. */
  async stop(): Promise<void> {
    await this.#process.end('SIGTERM')
  }

  /** Sends kill -9. Resolves when the port is free. */
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
    const { product, version, program } = this.binary
    return this.#process.failure(what, `${PRODUCT_TITLES[product]} ${version}, ${program}`)
  }
}
