import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { OffbeatError } from '../../model/error.ts'
import { type Fix, inShell } from '../../model/fix.ts'
import { spawnAs, type User } from '../unprivileged-user.ts'

const run = promisify(execFile)

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
  readonly user: User | null
  /** MYSQLD_BINARY or MARIADBD_BINARY names the program. Otherwise PATH is searched. */
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
    else if (found.product === wanted.product && fits(found, wanted.version)) return found
    else tried.push(`${program}: ${PRODUCT_TITLES[found.product]} ${found.version}`)
  }
  throw missing(wanted, tried)
}

function candidates({ product, env }: Wanted): readonly string[] {
  const { variable, programs } = PRODUCTS[product]
  const named = env[variable]
  if (named !== undefined && named !== '') return [named]
  const folders = [...(env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''), ...SYSTEM_FOLDERS]
  const paths = [...new Set(folders)].flatMap((folder) => programs.map((program) => join(folder, program)))
  return paths.filter((path) => existsSync(path))
}

function fits({ product, version }: MysqlBinary, wanted: string | null): boolean {
  if (wanted !== null) return version === wanted || version.startsWith(`${wanted}.`)
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = PRODUCTS[product].oldestRead
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
}

/** The version and product of the program, or why it cannot be used. */
async function examine(program: string, user: User | null): Promise<MysqlBinary | string> {
  try {
    const { stdout } = await run(program, ['--no-defaults', '--version'], { cwd: '/', ...spawnAs(user) })
    const version = /Ver (\d+\.\d+\.\d+)/.exec(stdout)?.[1]
    if (version === undefined) return `unexpected answer to --version: ${stdout.trim()}`
    return { product: stdout.includes('MariaDB') ? 'mariadb' : 'mysql', version, program }
  } catch (error) {
    return error instanceof Error ? (error.message.trim().split('\n').at(-1) ?? 'failed') : String(error)
  }
}

function missing({ product, version, env }: Wanted, tried: readonly string[]): OffbeatError {
  const { variable, programs, oldestRead } = PRODUCTS[product]
  const title = PRODUCT_TITLES[product]
  return new OffbeatError('LOCAL_SERVER_MISSING', {
    message: `no server of ${version === null ? title : `${title} ${version}`} (${programs[0]}) was found on this machine`,
    found: tried.length === 0 ? `none in ${SYSTEM_FOLDERS.join(', ')} or on the PATH` : tried.join('; '),
    expected: `${programs[0]}, version ${version ?? `${oldestRead.join('.')} or newer`}${env[variable] === undefined ? '' : `, in ${variable}`}`,
    fix: installation(product),
  })
}

function installation(product: MysqlProduct): readonly Fix[] {
  return product === 'mariadb' ? [inShell('apt-get install mariadb-server')] : [inShell('apt-get install mysql-server')]
}
