import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { createPrivateFileIfMissing, type ExposedFile, narrowFile } from '../files/private-file.ts'
import { SqliteJournalWriter } from '../journal/sqlite-journal-writer.ts'
import { unreachable } from '../model/unreachable.ts'
import { Checkpointer } from './checkpointer.ts'
import { LaneWriter } from './lane-writer.ts'
import { acquireOwner, ownerPath } from './owner.ts'
import { INDEX_FIELDS, type PackedBatch } from './packed-batch.ts'
import { Retention } from './retention.ts'
import { migrate, PAGE_BYTES } from './schema.ts'
import { storeError } from './store-error.ts'
import { setSynchronous } from './synchronous.ts'
import { transaction } from './transaction.ts'
import type { Claimed, WorkerRequest, WorkerSettings } from './worker-message.ts'

const BUSY_TIMEOUT_MS = 5000
/** Retention is checked after this many messages, and at every `tidy`. */
const TIDY_AFTER_MESSAGES = 100_000

/** The store's only writing connection, and everything written through it. It runs in the worker. */
export class StoreWriter implements Disposable {
  readonly #owner: Disposable
  readonly #db: DatabaseSync
  readonly #lanes: LaneWriter
  readonly #journal: SqliteJournalWriter
  readonly #retention: Retention
  readonly #checkpointer: Checkpointer
  /** Files of the store that other users could read when it was opened. */
  readonly exposed: readonly ExposedFile[]
  #untidied = 0
  #tidying: Generator<void> | null = null

  constructor(settings: WorkerSettings) {
    const { path, owner, retain, maxBytes } = settings
    this.#owner = acquireOwner(path, owner)
    try {
      const opened = openForWriting(path, maxBytes)
      this.#db = opened.db
      this.exposed = opened.exposed
    } catch (error) {
      this.#owner[Symbol.dispose]()
      throw storeError(error, path)
    }
    this.#lanes = new LaneWriter(this.#db)
    this.#journal = new SqliteJournalWriter(this.#db)
    this.#retention = new Retention(this.#db, retain)
    this.#checkpointer = new Checkpointer(this.#db, BUSY_TIMEOUT_MS, logBytes(path))
  }

  /** Handles the request durably. Throws SQLite's error, with nothing changed. */
  handle(request: WorkerRequest): Claimed | null {
    switch (request.op) {
      case 'claim':
        return this.#lanes.claim(request.source)
      case 'write':
        this.#write(request)
        return null
      case 'release':
        this.#lanes.release(request.source, request.epoch)
        return null
      case 'setOffset':
        this.#lanes.setOffset(request.source, request.offset)
        return null
      case 'resetOffset':
        this.#lanes.resetOffset(request.source, request.why, request.nowMs)
        return null
      case 'journal':
        this.#append(request)
        return null
      case 'tidy':
        this.#tidying ??= this.#retention.steps(request.nowMs)
        return null
      case 'close':
        this[Symbol.dispose]()
        return null
      default:
        return unreachable(request)
    }
  }

  /** Does a short piece of background work. Returns false when there is none left. `notice` receives what a person should know. */
  workInBackground(notice: (message: string, logBytes: number) => void): boolean {
    if (!this.#db.isOpen) return false
    const logBytes = this.#checkpointer.runWhenDue()
    if (logBytes !== null) notice('a long read of the store keeps its write-ahead log from being reset', logBytes)
    if (this.#tidying === null) return false
    const before = this.#tidying.next().done === true
    this.#checkpointer.note(0)
    if (before) this.#tidying = null
    return !before
  }

  [Symbol.dispose](): void {
    if (this.#db.isOpen) this.#db.close()
    this.#owner[Symbol.dispose]()
  }

  #write(request: Extract<WorkerRequest, { op: 'write' }>): void {
    const { source, epoch, batch, offset, nowMs } = request
    this.#lanes.write(source, epoch, batch, offset, nowMs)
    this.#checkpointer.note(batch === null ? 0 : messageBytes(batch))
    this.#untidied += batch === null ? 0 : batch.index.length / INDEX_FIELDS
    if (this.#untidied < TIDY_AFTER_MESSAGES) return
    this.#untidied = 0
    this.#tidying ??= this.#retention.steps(nowMs)
  }

  #append(request: Extract<WorkerRequest, { op: 'journal' }>): void {
    // A power failure may lose the last seconds of history, but no offsets: their writes sync.
    setSynchronous(this.#db, 'normal')
    transaction(this.#db, () => {
      for (const entry of request.entries) this.#journal.write(entry, request.nowMs)
    })
    this.#checkpointer.note(0)
  }
}

/** The size of the write-ahead log beside the store. */
function logBytes(path: string): number {
  return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0
}

function openForWriting(
  path: string,
  maxBytes: number | null,
): { readonly db: DatabaseSync; readonly exposed: readonly ExposedFile[] } {
  createPrivateFileIfMissing(path)
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
  try {
    const exposed = migrateFirst(db, path)
    db.exec('pragma wal_autocheckpoint = 0; pragma journal_size_limit = 67108864; pragma cache_size = -8000')
    if (maxBytes !== null) limitSize(db, maxBytes)
    return { db, exposed }
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * Checks before it changes anything, so that another program's file is not modified. SQLite creates -wal and -shm with the mode of the
 * file, so the mode is restricted before they are created.
 */
function migrateFirst(db: DatabaseSync, path: string): readonly ExposedFile[] {
  setSynchronous(db, 'full')
  db.exec(`pragma page_size = ${PAGE_BYTES}`)
  migrate(db, path)
  const files = [path, `${path}-wal`, `${path}-shm`, ownerPath(path)]
  const exposed = files.map(narrowFile).filter((file) => file !== null)
  db.exec('pragma journal_mode = wal')
  return exposed
}

function limitSize(db: DatabaseSync, maxBytes: number): void {
  db.exec(`pragma max_page_count = ${Math.max(1, Math.floor(maxBytes / PAGE_BYTES))}`)
}

function messageBytes({ index }: PackedBatch): number {
  let bytes = 0
  for (let at = 0; at < index.length; at += INDEX_FIELDS) bytes += (index[at + 4] ?? 0) - (index[at + 2] ?? 0)
  return bytes
}
