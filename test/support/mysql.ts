import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { startLocalMysql } from '../../src/local-server/mysql/local-mysql.ts'
import type { MysqlProduct } from '../../src/local-server/mysql/mysql-binaries.ts'
import type { MysqlSettings } from '../../src/local-server/mysql/mysql-settings.ts'
import { environment, isRequired } from './environment.ts'
import { askMysqlTemplate, askSharedMysql } from './mysql-keeper.ts'
import { connectToMysql, type MysqlClient, type MysqlRow, queryMysql } from './mysql-query.ts'
import { copyOfMysql } from './mysql-template.ts'
import { type MysqlVersion, mysqlServerKind } from './mysql-versions.ts'
import { type OwnedServer, ownedParts } from './owned-server.ts'
import { skipWithout } from './skip-without.ts'
import { testLabel } from './temporary-folder.ts'

/** A real MySQL or MariaDB server. Disposing stops it if it was started for the test. A shared server keeps running. */
export interface MysqlServer extends OwnedServer<MysqlSettings> {
  readonly product: MysqlProduct
  /** For example '9.7.4'. */
  readonly version: string
  readonly host: string
  readonly port: number
  /** A user with all privileges. */
  readonly user: string
  readonly password: string
  /** A URL with `mysql://` or `mariadb://`. `database` '': it names no database. */
  url(database: string): string
  /** Creates an empty database and returns its name. */
  createDatabase(): Promise<string>
  /** Runs a query on a separate connection. A text can contain several statements; the rows of the last one are returned. */
  query(database: string, sql: string, params?: readonly unknown[]): Promise<MysqlRow[]>
  /** Opens a connection. Disposing closes it. */
  connect(database: string): Promise<MysqlClient>
}

interface StartOptions {
  readonly version: MysqlVersion
  readonly settings?: MysqlSettings
  /** The path of the program, if it is not the version's own. */
  readonly program?: string
}

/** Starts a server for this test alone. */
export async function startMysql({ version, settings = {}, program }: StartOptions): Promise<MysqlServer> {
  const missing = mysqlMissing(version)
  const { product, requirement } = mysqlServerKind(version)
  if (missing !== null) skipWithout(requirement, missing)
  const template = await askMysqlTemplate(inject('mysqlKeeper').port, version)
  const binary = { ...template.binary, ...(program === undefined ? {} : { program }) }
  const prepared = copyOfMysql({ ...template, binary })
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
      // The server keeps running for the other tests.
    },
  }
}

/** Why there is no such server for tests, for `describe.skipIf`. null: there is one. */
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
