import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { getuid, platform } from 'node:process'

/*
 * Everything that Offbeat writes can hold rows, positions or the names of servers, so its files are for their owner alone, whatever the
 * umask: mode 0600. Folders are made with 0700 (`mkdtemp` does so by itself).
 */
export const PRIVATE_FILE_MODE = 0o600
const OTHERS = 0o077

/** Creates the file and opens it for writing; throws EEXIST where there is one, a dangling link included. */
export function createPrivateFile(path: string): number {
  return openSync(path, 'wx', PRIVATE_FILE_MODE)
}

/** Writes a whole file. `overwrite`: also over one that exists, which becomes private before its new content is in it. */
export function writePrivateFile(path: string, text: string, how: 'new' | 'overwrite'): void {
  const file = how === 'new' ? createPrivateFile(path) : openForOverwriting(path)
  try {
    writeFileSync(file, text)
  } finally {
    closeSync(file)
  }
}

/** Creates an empty file where there is none. One that exists is not opened: closing it would drop the locks SQLite holds on it. */
export function createPrivateFileIfMissing(path: string): void {
  try {
    closeSync(createPrivateFile(path))
  } catch (thrown) {
    // What prevents it is reported by the program that opens the file.
    if (!(thrown instanceof Error && 'code' in thrown)) throw thrown
  }
}

export interface ExposedFile {
  readonly path: string
  /** As found, such as 0644. */
  readonly mode: string
  /** Whether it is private now; false: it is another user's, or its file system knows no modes. */
  readonly narrowed: boolean
}

/** Takes other users' rights to a file away where it is ours. null: it has none, or is missing. */
export function narrowFile(path: string): ExposedFile | null {
  const before = statSync(path, { throwIfNoEntry: false })
  if (before === undefined || !isExposed(before)) return null
  if (before.uid === getuid?.()) {
    try {
      chmodSync(path, before.mode & 0o777 & ~OTHERS)
    } catch {
      // Reported below.
    }
  }
  const after = statSync(path, { throwIfNoEntry: false })
  const mode = (before.mode & 0o777).toString(8).padStart(4, '0')
  return { path, mode, narrowed: after === undefined || !isExposed(after) }
}

function openForOverwriting(path: string): number {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, PRIVATE_FILE_MODE)
  const stats = fstatSync(file)
  // The file of another user keeps its mode: its owner lets us write to it and decides who reads it.
  if (isExposed(stats) && stats.uid === getuid?.()) fchmodSync(file, PRIVATE_FILE_MODE)
  return file
}

/** Not of a terminal or a pipe, whose rights are not ours to change, and not on Windows, which knows no such modes. */
function isExposed(stats: Stats): boolean {
  return platform !== 'win32' && stats.isFile() && (stats.mode & OTHERS) !== 0
}
