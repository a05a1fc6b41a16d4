import type { DatabaseSync } from 'node:sqlite'
import { numberAt } from './row.ts'
import { PAGE_BYTES } from './schema.ts'

/** Approximately what one small transaction adds to the log: a page of each table and index that it touches. */
const COMMIT_BYTES = 8 * PAGE_BYTES
const CHECKPOINT_AT_BYTES = 32 * 1024 * 1024
const RESTART_AT_BYTES = 128 * 1024 * 1024
const RESTART_TIMEOUT_MS = 100

/**
 * Checkpoints the write-ahead log into the database file once enough has been written. SQLite then restarts the log by itself unless a
 * reader has a long transaction. Once the log is large, the checkpoint waits a moment for such readers to finish.
 */
export class Checkpointer {
  readonly #db: DatabaseSync
  readonly #timeoutMs: number
  #written: number

  /** `timeoutMs`: the connection's own busy timeout. `leftBytes`: the size of the existing log, which a killed process leaves behind. */
  constructor(db: DatabaseSync, timeoutMs: number, leftBytes: number) {
    this.#db = db
    this.#timeoutMs = timeoutMs
    this.#written = leftBytes
  }

  /** Records that a transaction with this many bytes of messages was committed. */
  note(bytes: number): void {
    this.#written += bytes + COMMIT_BYTES
  }

  /** Runs a checkpoint when it is due. Returns the log's size in bytes when a reader prevents a restart of the log, else null. */
  runWhenDue(): number | null {
    if (this.#written < CHECKPOINT_AT_BYTES) return null
    this.#written = 0
    const logBytes = this.#checkpoint('passive').logBytes
    if (logBytes < RESTART_AT_BYTES) return null
    this.#db.exec(`pragma busy_timeout = ${RESTART_TIMEOUT_MS}`)
    const { busy } = this.#checkpoint('restart')
    this.#db.exec(`pragma busy_timeout = ${this.#timeoutMs}`)
    return busy ? logBytes : null
  }

  #checkpoint(mode: 'passive' | 'restart'): { busy: boolean; logBytes: number } {
    const row = this.#db.prepare(`pragma wal_checkpoint(${mode})`).get()
    if (row === undefined) return { busy: false, logBytes: 0 }
    return { busy: numberAt(row, 'busy') !== 0, logBytes: numberAt(row, 'log') * PAGE_BYTES }
  }
}
