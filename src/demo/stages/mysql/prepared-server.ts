import { randomBytes } from 'node:crypto'
import type { LocalMysql } from '../../../local-server/mysql/local-mysql.ts'
import type { MysqlProduct } from '../../../local-server/mysql/mysql-binaries.ts'
import { Secret } from '../../../model/secret.ts'
import type { MysqlConfig } from '../../../sources/mysql/config.ts'
import { connectMysql, type MysqlConnection } from '../../../sources/mysql/connect/connection.ts'
import { MARIADB, MYSQL } from '../../../sources/mysql/definition.ts'
import type { Context } from '../../../sources/source.ts'
import { prepareBySetup } from '../prepare-by-setup.ts'

/** Where a connector finds the quiet database. */
export interface QuietSource {
  readonly url: string
  readonly tables: readonly string[]
}

const DEFINITIONS = { mysql: MYSQL, mariadb: MARIADB } as const satisfies Record<MysqlProduct, unknown>

/** Creates the quiet database and the busy one, and prepares the server as `offbeat setup --apply` does. */
export async function prepareServer(
  server: LocalMysql,
  admin: MysqlConnection,
  context: Context,
  signal: AbortSignal,
): Promise<QuietSource> {
  for (const statement of TABLES) await admin.change(statement, { signal })
  const password = new Secret(randomBytes(12).toString('hex'))
  const source = { url: urlOf(server, 'streamkap_user', password.reveal()), tables: ['shop.orders'] }
  const config = configOf(server, source)
  const definition = DEFINITIONS[server.binary.product]
  await prepareBySetup({ definition, config, password, adminUrl: adminUrl(server), context, signal })
  return source
}

export async function connectAsAdmin(server: LocalMysql, signal: AbortSignal): Promise<MysqlConnection> {
  return await connectMysql(configOf(server, { url: adminUrl(server) }), { source: 'demo', use: 'admin', signal })
}

/** The table that the readers watch, and the one that they do not. */
const TABLES = [
  'CREATE DATABASE shop',
  `CREATE TABLE shop.orders (
     id int AUTO_INCREMENT PRIMARY KEY, item varchar(100) NOT NULL, ordered_at timestamp(6) DEFAULT CURRENT_TIMESTAMP(6))`,
  'CREATE DATABASE busy',
  'CREATE TABLE busy.events (id bigint AUTO_INCREMENT PRIMARY KEY, payload text NOT NULL)',
  'CREATE TABLE busy.digits (digit int PRIMARY KEY)',
  'INSERT INTO busy.digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)',
]

function configOf({ binary: { product } }: LocalMysql, entry: object): MysqlConfig {
  return DEFINITIONS[product].config.parse({ kind: product, ...entry })
}

function adminUrl(server: LocalMysql): string {
  return urlOf(server, server.user, server.password)
}

function urlOf({ binary, host, port }: LocalMysql, user: string, password: string): string {
  return `${binary.product}://${user}:${password}@${host}:${port}`
}
