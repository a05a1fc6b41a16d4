import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MongoClient } from 'mongodb'
import { writePrivateFile } from '../../files/private-file.ts'
import type { OffbeatError } from '../../model/error.ts'
import { createInNewHome, type ServerHome, startOrDispose } from '../server-home.ts'
import { ServerProcess } from '../server-process.ts'
import { type MongodbLaunch, type MongodbSettings, mongodbArguments } from './mongodb-arguments.ts'
import { findMongodbBinary, MONGODB_TITLES, type MongodbBinary } from './mongodb-binaries.ts'
import { awaitPrimary, initiate } from './replica-set.ts'

export interface LocalMongodbOptions {
  /** The environment of this process, which the server inherits. MONGOD_BINARY names the program; otherwise PATH is searched. */
  readonly env: NodeJS.ProcessEnv
  readonly settings?: MongodbSettings
  /** Creates the user `root` with a random password, and lets nobody in without a login. Absent: every local user is let in. */
  readonly auth?: boolean
  /** Part of the name of the data folder, which shows who uses it. */
  readonly label?: string
  /** Stops the server if it aborts before the server has started. */
  readonly signal?: AbortSignal
  /** How much room the server needs on its disk. Absent: it is not checked. */
  readonly neededBytes?: number
}

/**
 * Starts a private server of MongoDB: a fresh data folder, 127.0.0.1, a free port, a replica set of one member. The server stops and its
 * folder is deleted when it is disposed or when this process ends, for whatever reason.
 */
export async function startLocalMongodb(options: LocalMongodbOptions): Promise<LocalMongodb> {
  return await startOrDispose(await createLocalMongodb(options))
}

/** The same server before its first start. */
export async function createLocalMongodb(options: LocalMongodbOptions): Promise<LocalMongodb> {
  const { env, auth = false, settings = {}, label = 'mongodb', signal, neededBytes } = options
  return await createInNewHome({ label, stopSignal: 'KILL', signal, neededBytes }, async (home) => {
    const binary = await findMongodbBinary({ user: home.user, env })
    return new LocalMongodb({ ...home, env, binary, auth, settings })
  })
}

interface ServerOptions extends ServerHome {
  readonly env: NodeJS.ProcessEnv
  readonly binary: MongodbBinary
  readonly auth: boolean
  readonly settings: MongodbSettings
}

export class LocalMongodb implements AsyncDisposable {
  readonly binary: MongodbBinary
  readonly host = '127.0.0.1'
  /** null: clients do not log in. */
  readonly login: { readonly user: string; readonly password: string } | null
  readonly dataDir: string
  /** Contains all files of the server. Anything else that is put there is deleted with it. */
  readonly folder: string
  readonly #process: ServerProcess
  #launch: MongodbLaunch
  #initialized = false

  constructor(options: ServerOptions) {
    const { binary, folder, auth, settings } = options
    this.binary = binary
    this.login = auth ? { user: 'root', password: randomBytes(12).toString('hex') } : null
    this.folder = folder
    this.dataDir = join(folder, 'data')
    this.#process = new ServerProcess(options)
    this.#launch = {
      ...settings,
      dataDir: this.dataDir,
      auth: false,
      configFile: this.#file('server.conf', ''),
      keyFile: this.#file('members.key', `${randomBytes(60).toString('base64')}\n`),
      tls: this.#tls(settings),
    }
    mkdirSync(this.dataDir, { mode: 0o700 })
    this.#process.give(this.dataDir)
  }

  get port(): number {
    return this.#process.port
  }

  /** null while the server is down. */
  get pid(): number | null {
    return this.#process.pid
  }

  /** A direct connection. '' as the database: none is named. */
  url(database: string): string {
    return this.#url(database, this.login)
  }

  #url(database: string, login: LocalMongodb['login']): string {
    const { tls } = this.#launch
    const at = login === null ? '' : `${login.user}:${login.password}@`
    const options = [
      'directConnection=true',
      ...(login === null ? [] : ['authSource=admin']),
      ...(tls === null ? [] : ['tls=true', `tlsCAFile=${encodeURIComponent(tls.authority)}`]),
    ]
    return `mongodb://${at}${this.host}:${this.port}/${encodeURIComponent(database)}?${options.join('&')}`
  }

  /** Overrides the current settings. Takes effect at the next start. */
  configure(settings: MongodbSettings): void {
    this.#launch = { ...this.#launch, ...settings, tls: this.#tls(settings) ?? this.#launch.tls }
  }

  /** Starts the server. After a stop, it gets the same port again. Resolves when it takes writes. */
  async start(): Promise<void> {
    if (!this.#initialized) await this.#startFirst()
    else await this.#startAgain()
  }

  /** Users are created before logins are required. */
  async #startFirst(): Promise<void> {
    await this.#run()
    await this.#withAdmin(null, async (admin) => {
      if (this.binary.product === 'mongod' && this.#launch.standalone !== true)
        await initiate(admin, `${this.host}:${this.port}`)
      if (this.login === null) return
      const { user, password } = this.login
      await admin.db('admin').command({ createUser: user, pwd: password, roles: ['root'] })
    })
    this.#initialized = true
    if (this.login === null) return
    await this.stop()
    this.#launch = { ...this.#launch, auth: true }
    await this.#startAgain()
  }

  async #startAgain(): Promise<void> {
    await this.#run()
    await this.#withAdmin(this.login, awaitPrimary)
  }

  async #run(): Promise<void> {
    const { product, program } = this.binary
    const started = await this.#process.start({
      program,
      args: (port) => [...mongodbArguments(product, this.#launch), '--port', String(port)],
      ready: (said) => /Waiting for connections|secantus listening on/.test(said),
      passing: /[Aa]ddress already in use|SocketException/,
    })
    if (!started) throw this.#failure('the server did not start')
  }

  async #withAdmin(login: LocalMongodb['login'], work: (client: MongoClient) => Promise<void>): Promise<void> {
    const mongodb = await import('mongodb')
    await using client = new mongodb.MongoClient(this.#url('', login))
    await work(client)
  }

  /** Disconnects clients and stops the server. */
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

  #file(name: string, text: string): string {
    const path = join(this.folder, name)
    writePrivateFile(path, text, 'new')
    this.#process.give(path)
    return path
  }

  /** Copies that the server's user can read. mongod reads both from one file. */
  #tls({ tls }: MongodbSettings): MongodbLaunch['tls'] {
    if (tls === undefined) return null
    const [certificate, key] = [readFileSync(tls.certificate, 'utf8'), readFileSync(tls.key, 'utf8')]
    const id = randomBytes(4).toString('hex')
    return {
      authority: tls.authority,
      certificate: this.#file(`certificate-${id}.pem`, certificate),
      key: this.#file(`key-${id}.pem`, key),
      both: this.#file(`both-${id}.pem`, `${certificate}\n${key}`),
    }
  }

  #failure(what: string): OffbeatError {
    const { product, version, program } = this.binary
    return this.#process.failure(what, `${MONGODB_TITLES[product]} ${version}, ${program}`)
  }
}
