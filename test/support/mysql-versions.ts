import type { MysqlProduct } from '../../src/local-server/mysql/mysql-binaries.ts'
import { environment } from './environment.ts'

/** A server for tests: its product, and the beginning of its version. */
export interface MysqlServerKind {
  readonly product: MysqlProduct
  readonly version: string
  /** The name in the environment variable OFFBEAT_REQUIRE. */
  readonly requirement: string
}

/** The first version of each product is tested in every run. `tools/fetch/fetch-server.ts` fetches all but MariaDB 10.11. */
const MYSQL_SERVERS = {
  'mysql-9': { product: 'mysql', version: '9', requirement: 'mysql' },
  'mariadb-10.11': { product: 'mariadb', version: '10.11', requirement: 'mariadb' },
  'mariadb-11.4': { product: 'mariadb', version: '11.4', requirement: 'mariadb-11.4' },
  'mariadb-11.8': { product: 'mariadb', version: '11.8', requirement: 'mariadb-11.8' },
  // It is refused. Its log has the row formats of MySQL 5.7, which cannot be had.
  'mysql-5.6': { product: 'mysql', version: '5.6', requirement: 'mysql-5.6' },
} as const satisfies Record<string, MysqlServerKind>

export type MysqlVersion = keyof typeof MYSQL_SERVERS

export const ALL_MYSQL = Object.keys(MYSQL_SERVERS) as readonly MysqlVersion[]

/** OFFBEAT_VERSIONS: `all`, or a comma-separated list of versions, which can include other databases. */
const asked = (environment['OFFBEAT_VERSIONS'] ?? '').split(',')
const named = ALL_MYSQL.filter((version) => asked.includes(version))

/** For tests of behaviour that is specific to each product, on one version of each. */
export const BOTH_PRODUCTS: readonly MysqlVersion[] = named.length > 0 ? named : ['mysql-9', 'mariadb-10.11']
/** For tests of behaviour that any version could break. */
export const EVERY_MYSQL: readonly MysqlVersion[] = asked.includes('all')
  ? ALL_MYSQL.filter((version) => version !== 'mysql-5.6')
  : BOTH_PRODUCTS
/** For tests of the log's format: also a version that is only decoded. */
export const EVERY_MYSQL_LOG: readonly MysqlVersion[] = asked.includes('all') ? ALL_MYSQL : BOTH_PRODUCTS

export function mysqlServerKind(version: MysqlVersion): MysqlServerKind {
  return MYSQL_SERVERS[version]
}
