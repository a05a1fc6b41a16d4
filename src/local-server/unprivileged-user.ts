import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { OffbeatError } from '../model/error.ts'
import { inShell } from '../model/fix.ts'

const run = promisify(execFile)

export interface User {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** The user to run database servers as, because they refuse to run as root. null: this process is not root and needs no other user. */
export async function unprivilegedUser(): Promise<User | null> {
  if (process.getuid?.() !== 0) return null
  const user = (await lookUp('postgres')) ?? (await lookUp('nobody'))
  if (user !== null) return user
  throw new OffbeatError('LOCAL_SERVER_FAILED', {
    message: 'database servers do not run as root, and neither the user postgres nor the user nobody exists',
    fix: [inShell('useradd --system postgres')],
  })
}

async function lookUp(name: string): Promise<User | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
    return { name, uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch {
    return null
  }
}

/** The spawn options that run a child as `user`. */
export function spawnAs(user: User | null): { uid: number; gid: number } | Record<string, never> {
  return user === null ? {} : { uid: user.uid, gid: user.gid }
}
