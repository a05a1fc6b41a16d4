import { execFile } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, realpathSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { OffbeatError } from '../model/error.ts'
import { bytesInWords } from '../model/figures.ts'
import { inShell } from '../model/fix.ts'
import { spawnAs, type User } from './unprivileged-user.ts'

const run = promisify(execFile)

export interface FolderOptions {
  /** Part of the folder's name. */
  readonly label: string
  /** Who can reach the folder. null: the user of this process. */
  readonly user: User | null
  /** How much room there must be on its disk. */
  readonly neededBytes: number
}

/** Creates a folder that `user` owns, in the first temporary folder that the user can reach and that has enough room. */
export async function makeServerFolder(options: FolderOptions): Promise<string> {
  const obstacles: string[] = []
  for (const parent of new Set([tmpdir(), '/tmp', '/var/tmp'])) {
    const made = await makeFolder(parent, options)
    if ('folder' in made) return made.folder
    obstacles.push(`${parent}: ${made.obstacle}`)
  }
  const { user, neededBytes } = options
  const room = neededBytes === 0 ? '' : ` with ${bytesInWords(neededBytes)} of room`
  throw new OffbeatError('LOCAL_SERVER_FAILED', {
    message: 'there is no temporary folder for the server',
    found: obstacles.join('; '),
    expected: `a folder that ${user === null ? 'this user' : `the user ${user.name}`} can reach${room}`,
    fix: [inShell('export TMPDIR=/path/to/a/folder')],
  })
}

async function makeFolder(
  parent: string,
  { label, user, neededBytes }: FolderOptions,
): Promise<{ readonly folder: string } | { readonly obstacle: string }> {
  const freeBytes = freeBytesOf(parent)
  if (freeBytes < neededBytes) return { obstacle: `${bytesInWords(freeBytes)} free` }
  const folder = newFolder(join(parent, `offbeat-${label}-`))
  if (folder === null) return { obstacle: 'no folder can be created in it' }
  if (user !== null) chownSync(folder, user.uid, user.gid)
  chmodSync(folder, 0o700)
  if (await canEnter(folder, user)) return { folder }
  rmSync(folder, { recursive: true })
  return { obstacle: `${user === null ? 'this user' : `the user ${user.name}`} cannot reach it` }
}

/** Infinity: not known, for example because the folder does not exist. */
function freeBytesOf(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** null: the parent folder does not exist or is not writable. */
function newFolder(prefix: string): string | null {
  try {
    return realpathSync(mkdtempSync(prefix))
  } catch {
    return null
  }
}

async function canEnter(folder: string, user: User | null): Promise<boolean> {
  try {
    await run('/bin/sh', ['-c', 'cd "$1" && : >probe && rm probe', 'sh', folder], { cwd: '/', ...spawnAs(user) })
    return true
  } catch {
    return false
  }
}
