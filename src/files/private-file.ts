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
 * Everything that Offbeat writes can contain rows, positions or names of servers. Its files are therefore only for their owner: mode 0600,
 * whatever the umask is. Folders have mode 0700 (`mkdtemp` does that by itself).
 */
export const PRIVATE_FILE_MODE = 0o600
const OTHERS = 0o077

/** Creates the file and opens it for writing. Throws EEXIST if there is one, even a dangling link. */
export function createPrivateFile(path: string): number {
  return openSync(path, 'wx', PRIVATE_FILE_MODE)
}

/** Writes a whole file. `overwrite` also replaces an existing one, which becomes private before its new content is written. */
export function writePrivateFile(path: string, text: string, how: 'new' | 'overwrite'): void {
  const file = how === 'new' ? createPrivateFile(path) : openForOverwriting(path)
  try {
    writeFileSync(file, text)
  } finally {
    closeSync(file)
  }
}

/** Creates an empty file if there is none. An existing file is not opened: closing it would drop the locks that SQLite holds on it. */
export function createPrivateFileIfMissing(path: string): void {
  try {
    closeSync(createPrivateFile(path))
  } catch (thrown) {
    // The program that opens the file will report why it could not be created.
    if (!(thrown instanceof Error && 'code' in thrown)) throw thrown
  }
}

export interface ExposedFile {
  readonly path: string
  /** The mode that was found, such as 0644. */
  readonly mode: string
  /** Whether the file is private now. false: another user owns it, or its file system has no modes. */
  readonly narrowed: boolean
}

/** Removes other users' rights to a file that we own. null: nobody else has rights, or the file is missing. */
export function narrowFile(path: string): ExposedFile | null {
  const before = statSync(path, { throwIfNoEntry: false })
  if (before === undefined || !isExposed(before)) return null
  if (before.uid === getuid?.()) {
    try {
      chmodSync(path, before.mode & 0o777 & ~OTHERS)
    } catch {
      // Reported by `narrowed` below.
    }
  }
  const after = statSync(path, { throwIfNoEntry: false })
  const mode = (before.mode & 0o777).toString(8).padStart(4, '0')
  return { path, mode, narrowed: after === undefined || !isExposed(after) }
}

function openForOverwriting(path: string): number {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, PRIVATE_FILE_MODE)
  const stats = fstatSync(file)
  // A file of another user keeps its mode: its owner lets us write to it and decides who reads it.
  if (isExposed(stats) && stats.uid === getuid?.()) fchmodSync(file, PRIVATE_FILE_MODE)
  return file
}

/** Not for a terminal or a pipe, whose rights we must not change, and not on Windows, which has no such modes. */
function isExposed(stats: Stats): boolean {
  return platform !== 'win32' && stats.isFile() && (stats.mode & OTHERS) !== 0
}
