import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import type { JournalReader } from '../journal/journal.ts'
import { SqliteJournalReader } from '../journal/sqlite-journal-reader.ts'
import { OffbeatError } from '../model/error.ts'
import type { StoredOffset } from '../model/offset.ts'
import { type MessageQuery, MessageReader, type StoredMessage } from './message-reader.ts'
import { offsetOfRow } from './offset-row.ts'
import { type Owner, ownerOf } from './owner.ts'
import { numberAt, textAt } from './row.ts'
import { schemaVersion } from './schema.ts'
import { storeError } from './store-error.ts'

export interface TailOptions {
  /** 'now': only messages that become visible from now on. A number: after the write that contains this sequence number. */
  readonly from: 'beginning' | 'now' | { readonly afterSeq: number }
  /** Called when all visible messages have been returned. Resolves to true to read again, or false to end. */
  readonly wait: () => Promise<boolean>
  /** Ends the tail, even while a filter skips messages. */
  readonly signal?: AbortSignal
}

/** Opens a store for reading, beside its owner or without one. Every read is short and sees one consistent state. */
export class StoreReader implements Disposable {
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #messages: MessageReader
  readonly history: JournalReader

  private constructor(path: string, db: DatabaseSync) {
    this.#path = path
    this.#db = db
    this.#messages = new MessageReader(db)
    this.history = new SqliteJournalReader(() => db)
  }

  /** Throws STORE_MISSING, STORE_NEWER, STORE_FOREIGN, STORE_CORRUPT or STORE_UNWRITABLE. */
  static open(path: string): StoreReader {
    if (!existsSync(path)) throw missing(path)
    let db: DatabaseSync | null = null
    try {
      db = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
      if (schemaVersion(db, path) === 0) throw missing(path)
      return new StoreReader(path, db)
    } catch (error) {
      db?.close()
      throw storeError(error, path)
    }
  }

  /** The process that writes now; null when none does. */
  owner(): Owner | null {
    return ownerOf(this.#path)
  }

  /** The names of all sources that ever claimed a lane, sorted. */
  sources(): readonly string[] {
    return this.#read(() =>
      this.#db
        .prepare('select name from source order by name')
        .all()
        .map((row) => textAt(row, 'name')),
    )
  }

  /** The stored offset; null when there is none. */
  offset(source: string): StoredOffset | null {
    return this.#read(() => {
      const row = this.#db.prepare('select * from source where name = ?').get(source)
      return row === undefined ? null : offsetOfRow(row)
    })
  }

  /** The source's topics with the number of messages kept, sorted by name. */
  topics(source: string): readonly { readonly topic: string; readonly messages: number }[] {
    const sql = 'select topic, messages from topic where source = ? and messages > 0 order by topic'
    return this.#read(() =>
      this.#db
        .prepare(sql)
        .all(source)
        .map((row) => ({ topic: textAt(row, 'topic'), messages: numberAt(row, 'messages') })),
    )
  }

  /** Messages in log order, never part of a transaction. Ends when `wait` resolves to false. */
  async *tail(query: MessageQuery, options: TailOptions): AsyncGenerator<StoredMessage, void, undefined> {
    let after = this.#start(query.source, options.from)
    for (;;) {
      const from = after
      const page = this.#read(() => this.#messages.pageAfter(query, from))
      if (page === null) {
        if (!(await options.wait())) return
        continue
      }
      yield* page.messages
      after = page.throughSeq
      if (page.messages.length > 0) continue
      // Lets signals and timers run, even when many messages are skipped.
      await setImmediate()
      if (options.signal?.aborted) return
    }
  }

  [Symbol.dispose](): void {
    if (this.#db.isOpen) this.#db.close()
  }

  #start(source: string, from: TailOptions['from']): number {
    if (from === 'beginning') return 0
    return from === 'now' ? this.#read(() => this.#messages.visibleSeq(source)) : from.afterSeq
  }

  #read<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw storeError(error, this.#path)
    }
  }
}

function missing(path: string): OffbeatError {
  return new OffbeatError('STORE_MISSING', {
    message: `There is no store at ${path} yet.`,
    found: existsSync(path) ? 'an empty file' : 'no file',
    expected: 'a store, which `offbeat run` creates',
  })
}
