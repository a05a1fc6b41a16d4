import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { OffbeatError } from '../../model/error.ts'
import { alternative, type Fix, inShell } from '../../model/fix.ts'
import { unreachable } from '../../model/unreachable.ts'
import { fetchedFolders, isAtLeast, isNamed, printedBy, searchedFolders } from '../server-program.ts'
import type { User } from '../unprivileged-user.ts'

export type MysqlProduct = 'mysql' | 'mariadb'

export const PRODUCT_TITLES: Readonly<Record<MysqlProduct, string>> = { mysql: 'MySQL', mariadb: 'MariaDB' }

export interface MysqlBinary {
  readonly product: MysqlProduct
  /** For example '9.7.4'. */
  readonly version: string
  /** The path of the server's program. */
  readonly program: string
}

interface Wanted {
  readonly product: MysqlProduct
  /** The start of the version, such as '9' or '10.11'. null: the first one found that is not too old. */
  readonly version: string | null
  /** The oldest version that can be used, if no version is wanted. Absent: the oldest that Offbeat reads. */
  readonly oldest?: readonly [number, number] | undefined
  readonly user: User | null
  /** MYSQLD_BINARY or MARIADBD_BINARY names the program. Otherwise PATH is searched, then the system's folders and the fetched servers. */
  readonly env: NodeJS.ProcessEnv
}

const PRODUCTS = {
  mysql: { variable: 'MYSQLD_BINARY', programs: ['mysqld'], oldestRead: [5, 7] },
  // Some packages also name the MariaDB server `mysqld`.
  mariadb: { variable: 'MARIADBD_BINARY', programs: ['mariadbd', 'mysqld'], oldestRead: [10, 6] },
} as const

/** Where packages install servers. Not every user's PATH includes these folders. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/libexec', '/usr/local/sbin', '/usr/local/mysql/bin']

/** Throws LOCAL_SERVER_MISSING with what was found and how to get a server. */
export async function findMysqlBinary(wanted: Wanted): Promise<MysqlBinary> {
  const tried: string[] = []
  for (const program of candidates(wanted)) {
    const found = await examine(program, wanted.user)
    if (typeof found === 'string') tried.push(`${program}: ${found}`)
    else if (found.product === wanted.product && fits(found, wanted)) return found
    else tried.push(`${program}: ${PRODUCT_TITLES[found.product]} ${found.version}`)
  }
  throw missing(wanted, tried)
}

function candidates({ product, env }: Wanted): readonly string[] {
  const { variable, programs } = PRODUCTS[product]
  const program = env[variable]
  if (isNamed(program)) return [program]
  const fetched = fetchedFolders(env, new RegExp(`^${product}-`)).map((folder) => join(folder, 'usr/sbin'))
  const folders = searchedFolders(env, [...SYSTEM_FOLDERS, ...fetched])
  const paths = folders.flatMap((folder) => programs.map((each) => join(folder, each)))
  return paths.filter((path) => existsSync(path))
}

function fits({ version }: MysqlBinary, wanted: Wanted): boolean {
  if (wanted.version !== null) return version === wanted.version || version.startsWith(`${wanted.version}.`)
  return isAtLeast(version, oldestOf(wanted))
}

function oldestOf({ product, oldest }: Wanted): readonly [number, number] {
  return oldest ?? PRODUCTS[product].oldestRead
}

/** The version and product of the program, or why it cannot be used. */
async function examine(program: string, user: User | null): Promise<MysqlBinary | string> {
  const said = await printedBy(program, ['--no-defaults', '--version'], user)
  if ('obstacle' in said) return said.obstacle
  const version = /Ver (\d+\.\d+\.\d+)/.exec(said.printed)?.[1]
  if (version === undefined) return `unexpected answer to --version: ${said.printed.trim()}`
  return { product: said.printed.includes('MariaDB') ? 'mariadb' : 'mysql', version, program }
}

function missing(wanted: Wanted, tried: readonly string[]): OffbeatError {
  const { product, version, env } = wanted
  const { variable, programs } = PRODUCTS[product]
  const title = version === null ? PRODUCT_TITLES[product] : `${PRODUCT_TITLES[product]} ${version}`
  const expected = `${programs[0]}, version ${version ?? `${oldestOf(wanted).join('.')} or newer`}`
  if (isNamed(env[variable]))
    return new OffbeatError('LOCAL_SERVER_MISSING', {
      message: `the variable ${variable} names no server of ${title}`,
      found: tried.join('; '),
      expected,
      fix: [
        named(product),
        alternative('to search the PATH and the folders of the system'),
        inShell(`unset ${variable}`),
      ],
    })
  return new OffbeatError('LOCAL_SERVER_MISSING', {
    message: `no server of ${title} (${programs[0]}) was found on this machine`,
    found: tried.length === 0 ? `none in ${SYSTEM_FOLDERS.join(', ')} or on the PATH` : tried.join('; '),
    expected,
    fix: [...installation(product), alternative('if it is in another folder'), named(product)],
  })
}

function named(product: MysqlProduct): Fix {
  const { variable, programs } = PRODUCTS[product]
  return inShell(`export ${variable}=/path/to/${programs[0]}`)
}

/** The `core` packages have the server without the service that would start it. */
function installation(product: MysqlProduct): readonly Fix[] {
  switch (product) {
    case 'mariadb':
      return [inShell('apt-get install mariadb-server-core')]
    case 'mysql':
      return [
        inShell('apt-get install mysql-server-core', { note: 'Debian unstable' }),
        alternative('on Ubuntu'),
        inShell('apt-get install mysql-server'),
        alternative('on Debian stable, which has no MySQL, in a clone of the repository'),
        inShell('npm run fetch-mysql'),
      ]
    default:
      return unreachable(product)
  }
}
