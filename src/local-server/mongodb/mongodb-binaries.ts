import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { OffbeatError } from '../../model/error.ts'
import { alternative, type Fix, inShell } from '../../model/fix.ts'
import { fetchedFolder } from '../fetched-folder.ts'
import { spawnAs, type User } from '../unprivileged-user.ts'

const run = promisify(execFile)

/** SecantusDB is a server of another project that has MongoDB's wire protocol and change streams. It runs where there is no mongod. */
export type MongodbProduct = 'mongod' | 'secantusdb'

export const MONGODB_TITLES: Readonly<Record<MongodbProduct, string>> = { mongod: 'MongoDB', secantusdb: 'SecantusDB' }

export interface MongodbBinary {
  readonly product: MongodbProduct
  /** The product's own version, for example '8.0.12'. */
  readonly version: string
  /** The program to start: mongod, or the Python of the folder in which SecantusDB is installed. */
  readonly program: string
}

interface Wanted {
  readonly user: User | null
  /** MONGOD_BINARY names the program. Otherwise PATH is searched, then the system's folders and the fetched SecantusDB. */
  readonly env: NodeJS.ProcessEnv
}

const VARIABLE = 'MONGOD_BINARY'
/** Where packages install servers. Not every user's PATH includes these folders. */
const SYSTEM_FOLDERS = ['/usr/bin', '/usr/local/bin', '/opt/mongodb/bin']
/** The oldest that the driver connects to. */
const OLDEST_MAJOR = 4
const OLDEST_MINOR = 4

/** Throws LOCAL_SERVER_MISSING with what was found and how to get a server. */
export async function findMongodbBinary({ user, env }: Wanted): Promise<MongodbBinary> {
  const tried: string[] = []
  for (const { product, program } of candidates(env)) {
    const version = await versionOf(product, program, user)
    if (!('number' in version)) tried.push(`${program}: ${version.obstacle}`)
    else if (product === 'secantusdb' || isReadable(version.number))
      return { product, version: version.number, program }
    else tried.push(`${program}: MongoDB ${version.number}`)
  }
  throw missing(env, tried)
}

function candidates(env: NodeJS.ProcessEnv): readonly Pick<MongodbBinary, 'product' | 'program'>[] {
  const named = env[VARIABLE]
  if (isNamed(named)) return [{ product: 'mongod', program: named }]
  const onPath = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const paths = [...new Set([...onPath, ...SYSTEM_FOLDERS])].map((folder) => join(folder, 'mongod'))
  return [
    ...paths.filter((path) => existsSync(path)).map((program) => ({ product: 'mongod', program }) as const),
    ...fetched(env).map((program) => ({ product: 'secantusdb', program }) as const),
  ]
}

/** The newest first. */
function fetched(env: NodeJS.ProcessEnv): readonly string[] {
  const parent = fetchedFolder(env)
  const trees = existsSync(parent) ? readdirSync(parent).filter((name) => /^secantusdb-[^/]*[0-9]$/.test(name)) : []
  return trees
    .toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map((name) => join(parent, name, 'bin/python'))
}

/** Both programs report their versions without starting a server. */
const VERSION_QUESTIONS = {
  mongod: { args: ['--version'], answer: /db version v(\d+\.\d+\.\d+\S*)/ },
  secantusdb: {
    args: ['-c', 'import importlib.metadata as m; print("version", m.version("secantusdb"))'],
    answer: /^version (\S+)/,
  },
} as const

/** The version of the program, or why it cannot be used. */
async function versionOf(
  product: MongodbProduct,
  program: string,
  user: User | null,
): Promise<{ readonly number: string } | { readonly obstacle: string }> {
  const { args, answer } = VERSION_QUESTIONS[product]
  try {
    const { stdout } = await run(program, args, { cwd: '/', ...spawnAs(user) })
    const number = answer.exec(stdout)?.[1]
    return number === undefined ? { obstacle: `unexpected answer to ${args[0]}: ${stdout.trim()}` } : { number }
  } catch (error) {
    return { obstacle: failureInWords(error, user) }
  }
}

function isReadable(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > OLDEST_MAJOR || (major === OLDEST_MAJOR && minor >= OLDEST_MINOR)
}

function failureInWords(error: unknown, user: User | null): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? error.code : null
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EACCES') return `it cannot be executed${user === null ? '' : ` by the user ${user.name}`}`
  return error.message.trim().split('\n').at(-1) ?? 'failed'
}

function missing(env: NodeJS.ProcessEnv, tried: readonly string[]): OffbeatError {
  const expected = `mongod, version ${OLDEST_MAJOR}.${OLDEST_MINOR} or newer`
  const named: Fix = inShell(`export ${VARIABLE}=/path/to/mongod`)
  if (isNamed(env[VARIABLE]))
    return new OffbeatError('LOCAL_SERVER_MISSING', {
      message: `the variable ${VARIABLE} names no server of MongoDB`,
      found: tried.join('; '),
      expected,
      fix: [named, alternative('to search the PATH and the folders of the system'), inShell(`unset ${VARIABLE}`)],
    })
  return new OffbeatError('LOCAL_SERVER_MISSING', {
    message: 'no server of MongoDB (mongod) was found on this machine',
    found: tried.length === 0 ? `none in ${SYSTEM_FOLDERS.join(', ')} or on the PATH` : tried.join('; '),
    expected,
    fix: [
      named,
      alternative('without a mongod, in a clone of the repository: SecantusDB, which has the same protocol'),
      inShell('npm run fetch-secantusdb'),
    ],
  })
}

function isNamed(program: string | undefined): program is string {
  return program !== undefined && program !== ''
}
