import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { skipWithout } from './skip-without.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A file system of its own that every user can write to. */
export interface SmallDisk extends Disposable {
  readonly path: string
  file(name: string): string
  /** Takes all room but this much. */
  leave(bytes: number): void
  /** Gives the room back. */
  clear(): void
}

/** Mounts a file system in memory. Only root can, so without it the test is skipped. Disposing removes it, also from under an open file. */
export function smallDisk(bytes: number): SmallDisk {
  const folder = temporaryFolder()
  const path = folder.file('disk')
  const filler = join(path, 'filler')
  mkdirSync(path)
  try {
    execFileSync('chmod', ['755', folder.path])
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=1777`, 'tmpfs', path], { stdio: 'pipe' })
  } catch (error) {
    folder[Symbol.dispose]()
    skipWithout('small-disk', `no file system can be mounted: ${String(error)}`)
  }
  return {
    path,
    file: (name) => join(path, name),
    leave(left) {
      const [free] = /\d+/u.exec(execFileSync('df', ['--output=avail', '-B1', path]).toString()) ?? ['0']
      writeFileSync(filler, Buffer.alloc(Math.max(0, Number(free) - left)))
    },
    clear: () => rmSync(filler, { force: true }),
    [Symbol.dispose]() {
      execFileSync('umount', ['-l', path])
      folder[Symbol.dispose]()
    },
  }
}
