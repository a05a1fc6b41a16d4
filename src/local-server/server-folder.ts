import { execFile } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { OffbeatError } from '../model/error.ts'
import { spawnAs, type User } from './unprivileged-user.ts'

const run = promisify(execFile)

/** Creates a folder that `user` owns and can reach, in the first temporary folder where that is possible. */
export async function makeServerFolder(label: string, user: User | null): Promise<string> {
  for (const parent of new Set([tmpdir(), '/tmp', '/var/tmp'])) {
    const folder = makeFolder(join(parent, `offbeat-${label}-`))
    if (folder === null) continue
    if (user !== null) chownSync(folder, user.uid, user.gid)
    chmodSync(folder, 0o700)
    if (await canEnter(folder, user)) return folder
    rmSync(folder, { recursive: true })
  }
  throw new OffbeatError('LOCAL_SERVER_FAILED', {
    message: `no temporary folder can be reached by the user ${user?.name ?? 'we run as'}`,
    expected: `${tmpdir()}, /tmp or /var/tmp open to all`,
  })
}

/** null: the parent folder does not exist or is not writable. */
function makeFolder(prefix: string): string | null {
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
