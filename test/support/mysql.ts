import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { type LocalMysql, startLocalMysql } from '../../src/local-server/mysql/local-mysql.ts'
import type { MysqlProduct } from '../../src/local-server/mysql/mysql-binaries.ts'
import type { MysqlSettings } from '../../src/local-server/mysql/mysql-settings.ts'
import { environment, isRequired } from './environment.ts'
import { askMysqlTemplate, askSharedMysql } from './mysql-keeper.ts'
import { connectToMysql, type MysqlClient, type MysqlRow, queryMysql } from './mysql-query.ts'
import { copyOfMysql } from './mysql-template.ts'
import { type MysqlVersion, mysqlServerKind } from './mysql-versions.ts'
import { skipWithout } from './skip-without.ts'
import { testLabel } from './temporary-folder.ts'

/** A real server of MySQL or MariaDB. Disposing stops one that was started for the test, and leaves a shared one alone. */
export interface MysqlServer extends AsyncDisposable {
  readonly product: MysqlProduct
  /** e.g. '9.7.4'. */
  readonly version: string
  readonly host: string
  readonly port: number
  /** Has all privileges. */
  readonly user: string
  readonly password: string
  readonly dataDir: string
  /** `mysql://` or `mariadb://`; of no database when it is ''. */
  url(database: string): string
  /** A fresh, empty database; its name is returned. */
  createDatabase(): Promise<string>
  /** Over a connection of its own. Several statements can be in one text: the last one's rows are returned. */
  query(database: string, sql: string, params?: readonly unknown[]): Promise<MysqlRow[]>
  /** A connection to keep; disposing ends it. */
  connect(database: string): Promise<MysqlClient>
  /** The rest only on a server of the test's own. */
  stop(): Promise<void>
  start(): Promise<void>
  /** kill -9; resolves when the port is closed. */
  kill(): Promise<void>
  /** Lines of the option file for the next start, over what is set. */
  configure(settings: MysqlSettings): void
  /** What the server has written to its error log so far. */
  log(): string
}

interface StartOptions {
  readonly version: MysqlVersion
  readonly settings?: MysqlSettings
}

/** Starts a server for this test alone. */
export async function startMysql({ version, settings = {} }: StartOptions): Promise<MysqlServer> {
  const missing = mysqlMissing(version)
  const { product, requirement } = mysqlServerKind(version)
  if (missing !== null) skipWithout(requirement, missing)
  const prepared = copyOfMysql(await askMysqlTemplate(inject('mysqlKeeper').port, version))
  const local = await startLocalMysql({ product, prepared, settings, env: environment, label: testLabel() })
  return { ...overMysqlUrl(local.url(''), local.binary), ...ownedParts(local) }
}

/** The server that the whole run shares. */
export async function sharedMysql(version: MysqlVersion): Promise<MysqlServer> {
  const missing = mysqlMissing(version)
  const { requirement } = mysqlServerKind(version)
  if (missing !== null) skipWithout(requirement, missing)
  const answer = await askSharedMysql(inject('mysqlKeeper').port, version)
  if ('missing' in answer) throw new Error(answer.missing)
  const refuse = (): never => {
    throw new Error('this server is shared by the whole run: use startMysql for one to stop, kill or configure')
  }
  return {
    ...overMysqlUrl(answer.url, answer),
    dataDir: answer.dataDir,
    stop: refuse,
    start: refuse,
    kill: refuse,
    configure: refuse,
    log: refuse,
    async [Symbol.asyncDispose]() {
      // It goes on for the other tests.
    },
  }
}

/** Why there is no such server for tests, null when there is one: for `describe.skipIf`. */
export function mysqlMissing(version: MysqlVersion): string | null {
  const reason = inject('mysqlKeeper').missing[version] ?? null
  const name = mysqlServerKind(version).requirement
  if (reason !== null && isRequired(name)) throw new Error(`OFFBEAT_REQUIRE names ${name}: ${reason}`)
  return reason
}

type UrlPart = Pick<
  MysqlServer,
  'product' | 'version' | 'host' | 'port' | 'user' | 'password' | 'url' | 'createDatabase' | 'query' | 'connect'
>

function overMysqlUrl(serverUrl: string, { product, version }: Pick<MysqlServer, 'product' | 'version'>): UrlPart {
  const at = new URL(serverUrl)
  const url = (database: string): string => new URL(`/${encodeURIComponent(database)}`, at).href
  return {
    product,
    version,
    host: at.hostname,
    port: Number(at.port),
    user: decodeURIComponent(at.username),
    password: decodeURIComponent(at.password),
    url,
    query: (database, sql, params = []) => queryMysql(url(database), sql, params),
    connect: (database) => connectToMysql(url(database)),
    async createDatabase() {
      const label = testLabel().slice(0, 24).toLowerCase().replaceAll('-', '_')
      const name = `${inject('mysqlKeeper').prefix}${label}_${randomBytes(4).toString('hex')}`
      await queryMysql(url(''), `CREATE DATABASE ${name}`, [])
      return name
    },
  }
}

function ownedParts(local: LocalMysql): Omit<MysqlServer, keyof UrlPart> {
  return {
    dataDir: local.dataDir,
    stop: () => local.stop(),
    start: () => local.start(),
    kill: () => local.kill(),
    configure: (settings) => local.configure(settings),
    log: () => local.log(),
    [Symbol.asyncDispose]: () => local[Symbol.asyncDispose](),
  }
}
