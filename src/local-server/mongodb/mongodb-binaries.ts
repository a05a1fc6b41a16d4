import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { OffbeatError } from '../../model/error.ts'
import { alternative, type Fix, inShell } from '../../model/fix.ts'
import { fetchedFolders, isAtLeast, isNamed, printedBy, searchedFolders } from '../server-program.ts'
import type { User } from '../unprivileged-user.ts'

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
const SECANTUSDB_FOLDER = /^secantusdb-[^/]*[0-9]$/
/** The oldest that the driver connects to. */
const OLDEST = [4, 4] as const

/** Throws LOCAL_SERVER_MISSING with what was found and how to get a server. */
export async function findMongodbBinary({ user, env }: Wanted): Promise<MongodbBinary> {
  const tried: string[] = []
  for (const { product, program } of candidates(env)) {
    const version = await versionOf(product, program, user)
    if (!('number' in version)) tried.push(`${program}: ${version.obstacle}`)
    else if (product === 'secantusdb' || isAtLeast(version.number, OLDEST))
      return { product, version: version.number, program }
    else tried.push(`${program}: MongoDB ${version.number}`)
  }
  throw missing(env, tried)
}

function candidates(env: NodeJS.ProcessEnv): readonly Pick<MongodbBinary, 'product' | 'program'>[] {
  const named = env[VARIABLE]
  if (isNamed(named)) return [{ product: 'mongod', program: named }]
  const paths = searchedFolders(env, SYSTEM_FOLDERS).map((folder) => join(folder, 'mongod'))
  return [
    ...paths.filter((path) => existsSync(path)).map((program) => ({ product: 'mongod', program }) as const),
    ...fetchedFolders(env, SECANTUSDB_FOLDER).map(
      (folder) => ({ product: 'secantusdb', program: join(folder, 'bin/python') }) as const,
    ),
  ]
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
  const said = await printedBy(program, args, user)
  if ('obstacle' in said) return said
  const number = answer.exec(said.printed)?.[1]
  return number === undefined ? { obstacle: `unexpected answer to ${args[0]}: ${said.printed.trim()}` } : { number }
}

function missing(env: NodeJS.ProcessEnv, tried: readonly string[]): OffbeatError {
  const expected = `mongod, version ${OLDEST.join('.')} or newer`
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
