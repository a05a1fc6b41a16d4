import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Movement } from '../model/offset.ts'

const MINUTE_MS = 60_000

/** The commits of a source in the current minute of the ledger. */
interface Minute {
  readonly number: number
  /** The row of the newest commit after the first; null while there is only the first. */
  lastId: number | null
}

/**
 * Writes the ledger within the transaction that moves the offset. Of plain commits, the first and last of each minute are kept: the last
 * one's row is updated while the minute lasts. Every other move gets a row of its own, and so does every first move.
 */
export class LedgerWriter {
  readonly #insert: StatementSync
  readonly #extend: StatementSync
  readonly #delete: StatementSync
  readonly #newest: StatementSync
  readonly #minutes = new Map<string, Minute>()

  constructor(db: DatabaseSync) {
    const columns = 'source, at_ms, moved_by, from_position, to_position, why'
    this.#insert = db.prepare(`insert into ledger (${columns}) values (?, ?, ?, ?, ?, ?)`)
    this.#extend = db.prepare('update ledger set at_ms = ?, to_position = ?, why = ? where id = ?')
    this.#delete = db.prepare('delete from ledger where id = ?')
    this.#newest = db.prepare('select max(id) as id from ledger where source = ?')
  }

  /** Discards the state of a transaction that was rolled back. */
  forget(source: string): void {
    this.#minutes.delete(source)
  }

  write(source: string, moved: Movement, from: string | null, to: string | null): void {
    if (from === to && moved.by !== 'operator') return
    if (moved.by === 'commit') this.#writeCommit(source, moved, from, to)
    else this.#insertRow(source, moved, from, to)
  }

  #writeCommit(source: string, moved: Movement, from: string | null, to: string | null): void {
    const number = Math.floor(moved.atMs / MINUTE_MS)
    const minute = this.#minutes.get(source)
    if (minute === undefined || minute.number !== number) {
      this.#insertRow(source, moved, from, to)
      this.#minutes.set(source, { number, lastId: null })
    } else if (minute.lastId !== null && minute.lastId === this.#newestId(source)) {
      this.#extend.run(Math.round(moved.atMs), to, moved.why, minute.lastId)
    } else {
      // Another move came in between, so a new row after it replaces the old one.
      if (minute.lastId !== null) this.#delete.run(minute.lastId)
      minute.lastId = this.#insertRow(source, moved, from, to)
    }
  }

  #insertRow(source: string, moved: Movement, from: string | null, to: string | null): number {
    const { lastInsertRowid } = this.#insert.run(source, Math.round(moved.atMs), moved.by, from, to, moved.why)
    return Number(lastInsertRowid)
  }

  #newestId(source: string): number {
    return Number(this.#newest.get(source)?.['id'] ?? 0)
  }
}
