import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { fetchedFolder } from './fetched-folder.ts'
import { spawnAs, type User } from './unprivileged-user.ts'

const run = promisify(execFile)

/** Whether a variable of the environment names a program: an empty one does not. */
export function isNamed(program: string | undefined): program is string {
  return program !== undefined && program !== ''
}

/** The folders in which a program is searched: those of PATH, then the others, each once. */
export function searchedFolders(env: NodeJS.ProcessEnv, others: readonly string[]): readonly string[] {
  const onPath = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return [...new Set([...onPath, ...others])]
}

/** The folders of fetched servers whose name matches, the newest version first. */
export function fetchedFolders(env: NodeJS.ProcessEnv, name: RegExp): readonly string[] {
  const parent = fetchedFolder(env)
  const trees = existsSync(parent) ? readdirSync(parent).filter((each) => name.test(each)) : []
  return trees.toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true })).map((each) => join(parent, each))
}

/** What the program prints on its standard output, run as the servers' user, or why it cannot be used. */
export async function printedBy(
  program: string,
  args: readonly string[],
  user: User | null,
): Promise<{ readonly printed: string } | { readonly obstacle: string }> {
  try {
    const { stdout } = await run(program, args, { cwd: '/', ...spawnAs(user) })
    return { printed: stdout }
  } catch (error) {
    return { obstacle: obstacleOf(error, user) }
  }
}

function obstacleOf(error: unknown, user: User | null): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? error.code : null
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EACCES') return `it cannot be executed${user === null ? '' : ` by the user ${user.name}`}`
  return error.message.trim().split('\n').at(-1) ?? 'failed'
}

/** `version` begins with two numbers. */
export function isAtLeast(version: string, [oldestMajor, oldestMinor]: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
}
