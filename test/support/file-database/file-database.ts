import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { OffbeatError } from '../../../src/model/error.ts'
import { HEARTBEAT_TABLE } from './heartbeat-step.ts'

/** One entry of the log, which is a transaction; `at` grows by one. */
export interface LogEntry {
  readonly at: number
  readonly atMs: number
  /** The row that was inserted; null: the heartbeat row changed. */
  readonly id: number | null
  readonly nonce: string | null
}

const EMPTY = `
  CREATE TABLE item (id integer PRIMARY KEY);
  CREATE TABLE log (at integer PRIMARY KEY, at_ms integer NOT NULL, id integer, nonce text);
  CREATE TABLE bookmark (name text PRIMARY KEY, at integer NOT NULL)`

/**
 * The simplest database that can be captured: a file with one table, a log of what was committed, and a bookmark for each reader. It is shared by
 * processes, and knows nothing of any real database.
 */
export class FileDatabase implements Disposable {
  readonly #db: DatabaseSync

  constructor(path: string) {
    if (!existsSync(path))
      throw new OffbeatError('DATABASE_UNREACHABLE', { message: `there is no database at ${path}` })
    this.#db = new DatabaseSync(path, { timeout: 60_000 })
  }

  /** Creates the file. */
  static create(path: string): FileDatabase {
    using db = new DatabaseSync(path)
    db.exec(EMPTY)
    return new FileDatabase(path)
  }

  get hasHeartbeatTable(): boolean {
    return this.#db.prepare('SELECT 1 FROM sqlite_master WHERE name = ?').get(HEARTBEAT_TABLE) !== undefined
  }

  get head(): number {
    return Number(this.#db.prepare('SELECT coalesce(max(at), 0) AS at FROM log').get()?.['at'])
  }

  insert(id: number): void {
    this.#commit(`INSERT INTO item VALUES (${id})`, id, null)
  }

  beat(nonce: string): void {
    if (!this.hasHeartbeatTable) {
      throw new OffbeatError('HEARTBEAT_TABLE_MISSING', { message: `the table ${HEARTBEAT_TABLE} does not exist` })
    }
    this.#commit(`UPDATE ${HEARTBEAT_TABLE} SET beats = beats + 1`, null, nonce)
  }

  /** A statement of an administrator; it leaves nothing in the log. */
  run(statement: string): void {
    this.#db.exec(statement)
  }

  /** What was committed after `at`. */
  entriesAfter(at: number): readonly LogEntry[] {
    return this.#db
      .prepare('SELECT at, at_ms, id, nonce FROM log WHERE at > ? ORDER BY at LIMIT 100')
      .all(at)
      .map(({ at: place, at_ms: atMs, id, nonce }) => ({
        at: Number(place),
        atMs: Number(atMs),
        id: id === null ? null : Number(id),
        nonce: nonce === null ? null : String(nonce),
      }))
  }

  /** Where the reader of this name is; null: it has not begun. */
  bookmark(name: string): number | null {
    const row = this.#db.prepare('SELECT at FROM bookmark WHERE name = ?').get(name)
    return row === undefined ? null : Number(row['at'])
  }

  moveBookmark(name: string, at: number): void {
    this.#db
      .prepare('INSERT INTO bookmark VALUES (?, ?) ON CONFLICT DO UPDATE SET at = max(at, excluded.at)')
      .run(name, at)
  }

  [Symbol.dispose](): void {
    this.#db.close()
  }

  #commit(statement: string, id: number | null, nonce: string | null): void {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      this.#db.exec(statement)
      this.#db.prepare('INSERT INTO log (at_ms, id, nonce) VALUES (?, ?, ?)').run(Date.now(), id, nonce)
      this.#db.exec('COMMIT')
    } catch (error) {
      this.#db.exec('ROLLBACK')
      throw error
    }
  }
}
