import { OffbeatError } from '../../../model/error.ts'
import { inFile } from '../../../model/fix.ts'
import { address, type ServerTarget } from '../../connect/server-target.ts'
import type { MysqlKind } from '../config.ts'

export interface ServerVersion {
  readonly product: MysqlKind
  /** As the server reports it: `9.7.4`, `10.11.19-MariaDB-0+deb12u1-log`. */
  readonly text: string
  readonly major: number
  readonly minor: number
  readonly patch: number
}

export const TITLES: Readonly<Record<MysqlKind, string>> = { mysql: 'MySQL', mariadb: 'MariaDB' }
const OLDEST: Readonly<Record<MysqlKind, readonly [number, number]>> = { mysql: [5, 7], mariadb: [10, 6] }

/** Parses the value of `@@version`. MariaDB can put `5.5.5-` before its version, for compatibility with old clients. */
export function parseVersion(text: string): ServerVersion {
  const product = /mariadb/i.test(text) ? 'mariadb' : 'mysql'
  const [, major, minor, patch] = /^(?:5\.5\.5-)?(\d+)\.(\d+)\.(\d+)/.exec(text) ?? []
  return { product, text, major: Number(major ?? 0), minor: Number(minor ?? 0), patch: Number(patch ?? 0) }
}

export function atLeast(
  { major, minor, patch }: ServerVersion,
  [a, b, c = 0]: readonly [number, number, number?],
): boolean {
  if (major !== a) return major > a
  return minor === b ? patch >= c : minor > b
}

/**
 * Whether `binlog_row_image = FULL_NODUP`, which MariaDB has from 11.4 on, leaves out of the new row only what did not change. 11.4 also
 * leaves out virtual columns that changed; 11.8.9 has no generated columns in either row (both seen).
 */
export function hasCompleteNodup(version: ServerVersion): boolean {
  return version.product === 'mariadb' && atLeast(version, [11, 8, 9])
}

/** Throws if the server is the other product, or too old. */
export function checkVersion(version: ServerVersion, kind: MysqlKind, target: ServerTarget): void {
  const found = `${TITLES[version.product]} ${version.text}`
  if (version.product !== kind)
    throw new OffbeatError('MYSQL_PRODUCT', {
      message: `the server ${address(target)} is a ${TITLES[version.product]}, and the source has the kind ${kind}`,
      found,
      expected: TITLES[kind],
      fix: [inFile(`kind: ${version.product}`)],
      details: { host: target.host, port: target.port },
    })
  const [major, minor] = OLDEST[kind]
  if (atLeast(version, OLDEST[kind])) return
  throw new OffbeatError('DATABASE_VERSION', {
    message: `the server ${address(target)} is too old`,
    found,
    expected: `${TITLES[kind]} ${major}.${minor} or newer`,
    details: { host: target.host, port: target.port },
  })
}
