import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { OffbeatError } from '../model/error.ts'
import type { ErrorCode } from '../model/error-code.ts'
import { type Fix, inShell } from '../model/fix.ts'

// SQLite's primary result codes (sqlite.org/rescode.html).
const CODES: ReadonlyMap<number, ErrorCode> = new Map([
  [3, 'STORE_UNWRITABLE'], // PERM
  [5, 'STORE_BUSY'], // BUSY
  [6, 'STORE_BUSY'], // LOCKED
  [8, 'STORE_UNWRITABLE'], // READONLY
  [10, 'STORE_FAILED'], // IOERR
  [11, 'STORE_CORRUPT'], // CORRUPT
  [13, 'STORE_FULL'], // FULL
  [14, 'STORE_UNWRITABLE'], // CANTOPEN
  [23, 'STORE_UNWRITABLE'], // AUTH
  [26, 'STORE_CORRUPT'], // NOTADB
])

const WRITABLE =
  'a file that the user who runs Offbeat can read and write, in a folder where this user can create files (-wal, -shm, -owner)'

/** Converts an error of SQLite by its result code. Other errors are returned unchanged. */
export function storeError(thrown: unknown, path: string): unknown {
  const errcode = resultCode(thrown)
  if (errcode === null) return thrown
  // For a directory, SQLite sometimes reports that it cannot be opened and sometimes that reading it failed.
  if (isDirectory(path)) return directoryError(path)
  const code = CODES.get(errcode & 0xff)
  if (code === undefined) return thrown
  const found = thrown instanceof Error ? thrown.message : String(thrown)
  return new OffbeatError(code, {
    message: sentence(code, path),
    found: `SQLite: ${found} (${errcode})`,
    ...fixOf(code, path),
    details: { path, sqliteCode: errcode },
    cause: thrown,
  })
}

export function directoryError(path: string): OffbeatError {
  return new OffbeatError('STORE_UNWRITABLE', {
    message: `The store ${path} is a directory.`,
    found: 'a directory',
    expected: `the path of a file, such as ${join(path, 'offbeat.db')}`,
    details: { path },
  })
}

/** SQLite's (extended) result code, which node:sqlite reports as `errcode`. */
export function resultCode(thrown: unknown): number | null {
  if (!(thrown instanceof Error) || !('errcode' in thrown)) return null
  return typeof thrown.errcode === 'number' ? thrown.errcode : null
}

function sentence(code: ErrorCode, path: string): string {
  if (code === 'STORE_CORRUPT') return `${path} is not a SQLite database, or is damaged.`
  if (code === 'STORE_FULL') return `The store ${path} cannot grow.`
  if (code === 'STORE_BUSY') return `Another program kept the store ${path} locked.`
  if (code === 'STORE_FAILED') return `The store ${path} could not be read or written.`
  if (existsSync(dirname(path))) return `The store ${path} cannot be opened or written.`
  return `The directory of the store ${path} does not exist.`
}

/** Moves the file together with its -wal and -shm: SQLite would apply a log left behind to the next file of this name. */
function moveAside(path: string): readonly Fix[] {
  const beside = ['-wal', '-shm'].filter((suffix) => existsSync(path + suffix))
  return ['', ...beside].map((suffix) => inShell(`mv ${path}${suffix} ${path}.damaged${suffix}`))
}

export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function fixOf(code: ErrorCode, path: string): { fix?: readonly Fix[]; expected?: string } {
  if (code === 'STORE_CORRUPT')
    return { fix: [inShell(`sqlite3 ${path} 'pragma integrity_check'`), ...moveAside(path)] }
  if (code === 'STORE_FULL') return { fix: [inShell(`df -h ${dirname(path)}`)] }
  if (code !== 'STORE_UNWRITABLE') return {}
  return existsSync(dirname(path))
    ? { expected: WRITABLE, fix: [inShell(`ls -ld ${dirname(path)} ${path}`)] }
    : { fix: [inShell(`mkdir -p ${dirname(path)}`)] }
}
