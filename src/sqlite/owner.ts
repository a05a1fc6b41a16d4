import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createPrivateFileIfMissing } from '../files/private-file.ts'
import { OffbeatError } from '../model/error.ts'
import { type Fix, forPerson, inShell } from '../model/fix.ts'
import { numberAt, textAt, textOrNullAt } from './row.ts'
import { directoryError, isDirectory, resultCode, storeError } from './store-error.ts'

/** The process that writes to a store. */
export interface Owner {
  readonly pid: number
  readonly host: string
  readonly sinceMs: number
  /** Its command line, without secrets. */
  readonly command: string
  /** The URL of its HTTP API; null: it has none. */
  readonly api: string | null
  /** The sources whose connectors it runs; null: not known, since an older version of Offbeat wrote the row. */
  readonly sources: readonly string[] | null
}

const SQLITE_BUSY = 5
const SQLITE_READONLY = 8
/** Long enough to wait while another process checks whether there is an owner. */
const TAKE_TIMEOUT_MS = 300

/**
 * Makes this process the only owner of the store at `path`, until the result is disposed or the process ends in any way. The lock is an
 * open SQLite transaction on the file `<path>-owner`: the operating system releases it with the process, other processes can still read who
 * the owner is, and process ids are not used. Throws STORE_OWNED naming the owner. In this process the file must only be opened through
 * SQLite, since closing any other handle would release the lock. The file is not deleted when the owner ends: deleting it would let two
 * processes each lock a file of their own.
 */
export function acquireOwner(path: string, owner: Owner): Disposable {
  // Otherwise an owner file would also be created beside a directory.
  if (isDirectory(path)) throw directoryError(path)
  const db = openOwnerFile(path)
  try {
    begin(db, path)
    // Recreated each time, since the table of an older version has fewer columns.
    db.exec('drop table if exists owner')
    db.exec('create table owner (pid integer, host text, since_ms integer, command text, api text, sources text)')
    const { pid, host, sinceMs, command, api, sources } = owner
    const names = sources === null ? null : JSON.stringify(sources)
    db.prepare('insert into owner values (?, ?, ?, ?, ?, ?)').run(pid, host, sinceMs, command, api, names)
    db.exec('commit')
    begin(db, path)
  } catch (error) {
    db.close()
    throw storeError(error, ownerPath(path))
  }
  return { [Symbol.dispose]: () => giveUp(db) }
}

/** The process that writes to the store at `path` now; null when none does. */
export function ownerOf(path: string): Owner | null {
  const file = ownerPath(path)
  if (!existsSync(file)) return null
  try {
    using db = new DatabaseSync(file, { timeout: 0 })
    return isHeld(db) ? readOwner(db) : null
  } catch (error) {
    throw storeError(error, file)
  }
}

function openOwnerFile(path: string): DatabaseSync {
  try {
    createPrivateFileIfMissing(ownerPath(path))
    return new DatabaseSync(ownerPath(path), { timeout: TAKE_TIMEOUT_MS })
  } catch (error) {
    throw storeError(error, path)
  }
}

function begin(db: DatabaseSync, path: string): void {
  try {
    db.exec('begin immediate')
  } catch (error) {
    throw isBusy(error) ? ownedBy(path, readOwner(db)) : error
  }
}

function giveUp(db: DatabaseSync): void {
  if (!db.isOpen) return
  db.exec('delete from owner')
  db.exec('commit')
  db.close()
}

function isHeld(db: DatabaseSync): boolean {
  try {
    db.exec('begin immediate')
    db.exec('rollback')
    return false
  } catch (error) {
    // A process with read-only access cannot try the lock. The owner's row is then the best evidence: a clean end deletes it.
    if (isBusy(error) || isReadOnly(error)) return true
    throw error
  }
}

function readOwner(db: DatabaseSync): Owner | null {
  if (db.prepare("select 1 from sqlite_schema where name = 'owner'").get() === undefined) return null
  const row = db.prepare('select * from owner').get()
  if (row === undefined) return null
  return {
    pid: numberAt(row, 'pid'),
    host: textAt(row, 'host'),
    sinceMs: numberAt(row, 'since_ms'),
    command: textAt(row, 'command'),
    api: row['api'] === undefined ? null : textOrNullAt(row, 'api'),
    sources: row['sources'] === undefined ? null : namesIn(textOrNullAt(row, 'sources')),
  }
}

function namesIn(json: string | null): readonly string[] | null {
  const names: unknown = json === null ? null : JSON.parse(json)
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : null
}

function isBusy(error: unknown): boolean {
  return ((resultCode(error) ?? 0) & 0xff) === SQLITE_BUSY
}

function isReadOnly(error: unknown): boolean {
  return ((resultCode(error) ?? 0) & 0xff) === SQLITE_READONLY
}

function ownedBy(path: string, owner: Owner | null): OffbeatError {
  const who =
    owner === null
      ? 'a process that is just starting'
      : `process ${owner.pid} on ${owner.host} since ${new Date(owner.sinceMs).toISOString()} (${owner.command})`
  return new OffbeatError('STORE_OWNED', {
    message: `The store ${path} is being written by ${who}.`,
    found: owner === null ? who : `${who}${sourcesInWords(owner)}`,
    expected: 'one process at a time',
    ...(owner === null ? {} : { details: { ...owner, path }, fix: ownerFix(owner) }),
  })
}

function sourcesInWords({ sources }: Owner): string {
  if (sources === null || sources.length === 0) return ''
  return `, which runs ${sources.length === 1 ? 'the source' : 'the sources'} ${sources.join(', ')}`
}

/** The owner is usually the healthy connector. */
function ownerFix({ pid, host }: Owner): readonly Fix[] {
  return [
    inShell('offbeat status', { note: 'shows what that process does; if it should run, there is nothing to do' }),
    forPerson(`to replace it, on ${host}: kill ${pid}   (it stops cleanly)`),
    forPerson('to run a second connector: give it a configuration with another store'),
  ]
}

/** Next to the file itself, with symbolic links resolved. */
export function ownerPath(path: string): string {
  return `${realPath(path)}-owner`
}

function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path)
  const directory = dirname(path)
  return existsSync(directory) ? join(realpathSync(directory), basename(path)) : path
}
