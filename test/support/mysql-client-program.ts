import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { clientWords } from '../../src/sources/mysql/connect/mysql-target.ts'
import { FETCHED_SERVERS, fetchedTree } from '../../tools/fetch/fetched-server.ts'
import { environment, isRequired } from './environment.ts'
import type { MysqlServer } from './mysql.ts'
import { type MysqlVersion, mysqlServerKind } from './mysql-versions.ts'
import { inShell } from './psql.ts'

/** The path of the version's own client. null: it is not installed. */
function clientOf(version: MysqlVersion): string | null {
  const { product, version: wanted } = mysqlServerKind(version)
  const fetched =
    version === 'mariadb-10.11'
      ? []
      : FETCHED_SERVERS[version].programs.slice(1, 2).map((program) => join(fetchedTree(version, environment), program))
  const paths = [...fetched, `/usr/bin/${product}`]
  return paths.find((path) => existsSync(path) && isVersion(path, product, wanted)) ?? null
}

/** MariaDB's client has a version of its own before that of the server. */
function isVersion(path: string, product: string, wanted: string): boolean {
  const { stdout } = spawnSync(path, ['--no-defaults', '--version'], { env: environment, encoding: 'utf8' })
  return stdout.includes('MariaDB') === (product === 'mariadb') && stdout.includes(` ${wanted}.`)
}

/** Why the version's own client is not available here. null: it is. */
export function mysqlClientMissing(version: MysqlVersion): string | null {
  if (clientOf(version) !== null) return null
  const { requirement } = mysqlServerKind(version)
  const reason = `there is no client of ${version}`
  if (isRequired(requirement)) throw new Error(`OFFBEAT_REQUIRE names ${requirement}: ${reason}`)
  return reason
}

/** Pastes the text into the product's own client as root. It stops at the first error. Returns the output, one row per line. */
export async function pasteIntoMysql(
  { host, port, user, password }: Pick<MysqlServer, 'host' | 'port' | 'user' | 'password'>,
  version: MysqlVersion,
  pasted: string,
): Promise<string> {
  const { product } = mysqlServerKind(version)
  const [, ...words] = clientWords(product, { host, port, user, tls: product === 'mysql' ? 'require' : 'disable' })
  const line = [clientOf(version), '--no-defaults', '--skip-column-names', ...words].join(' ')
  return await inShell(line, { MYSQL_PWD: password }, pasted)
}
