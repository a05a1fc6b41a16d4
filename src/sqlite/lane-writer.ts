import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { OffbeatError } from '../model/error.ts'
import type { StoredOffset } from '../model/offset.ts'
import { chunkBatch } from './chunker.ts'
import { LedgerWriter } from './ledger-writer.ts'
import { offsetColumns, offsetOfRow } from './offset-row.ts'
import { INDEX_FIELDS, type PackedBatch } from './packed-batch.ts'
import { numberAt, type Row, textAt, textOrNullAt } from './row.ts'
import { setSynchronous } from './synchronous.ts'
import { transaction } from './transaction.ts'
import type { Claimed } from './worker-message.ts'

/** How many chunks a claim deletes in one transaction. */
const DROP_CHUNKS = 200

/**
 * The lanes of all sources, in the worker. It assigns the sequence numbers of messages. Messages of a transaction larger than a batch are
 * above `visible_seq`, so invisible, until the write with the offset raises it. If that write never comes, the next claim deletes them.
 */
export class LaneWriter {
  readonly #db: DatabaseSync
  readonly #ledger: LedgerWriter
  readonly #statements: ReturnType<typeof prepare>
  /** The next sequence number of each claimed source, for the newest epoch. */
  readonly #nextSeq = new Map<string, number>()

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#ledger = new LedgerWriter(db)
    this.#statements = prepare(db)
  }

  claim(source: string): Claimed {
    setSynchronous(this.#db, 'full')
    const row = transaction(this.#db, () => {
      this.#statements.claim.run(source)
      return this.#row(source)
    })
    this.#drop(source)
    this.#nextSeq.set(source, numberAt(row, 'visible_seq') + 1)
    const topics = this.#statements.topics.all(source).map((each) => textAt(each, 'topic'))
    return { epoch: numberAt(row, 'epoch'), offset: offsetOfRow(row), topics }
  }

  /** Deletes what came after the last offset, if no newer lane was claimed. */
  release(source: string, epoch: number): void {
    if (numberAt(this.#row(source), 'epoch') === epoch) this.#drop(source)
  }

  write(source: string, epoch: number, batch: PackedBatch | null, offset: StoredOffset | null, nowMs: number): void {
    // Without an offset nothing is promised yet. The sync of the write with the offset covers these bytes too.
    setSynchronous(this.#db, offset === null ? 'normal' : 'full')
    try {
      const next = transaction(this.#db, () => this.#write(source, epoch, batch, offset, nowMs))
      this.#nextSeq.set(source, next)
    } catch (error) {
      this.#ledger.forget(source)
      throw error
    }
  }

  setOffset(source: string, offset: StoredOffset): void {
    this.#moveByOperator(source, offset.moved.why, offset.moved.atMs, offset)
  }

  resetOffset(source: string, why: string, atMs: number): void {
    this.#moveByOperator(source, why, atMs, null)
  }

  #write(source: string, epoch: number, batch: PackedBatch | null, offset: StoredOffset | null, nowMs: number): number {
    const row = this.#row(source)
    const firstSeq = this.#nextSeq.get(source)
    if (numberAt(row, 'epoch') !== epoch || firstSeq === undefined) throw fenced(source)
    const next = batch === null ? firstSeq : this.#insert(source, batch, firstSeq, nowMs)
    if (offset !== null) this.#moveOffset(source, row, next - 1, offset)
    return next
  }

  #insert(source: string, batch: PackedBatch, firstSeq: number, nowMs: number): number {
    const { insertChunk, countMessages } = this.#statements
    const storedAtMs = Math.round(nowMs)
    chunkBatch(batch, firstSeq, (chunk) => {
      const { topic, messages, layout, body } = chunk
      insertChunk.run(source, topic, firstSeq, chunk.firstSeq, messages, storedAtMs, layout, body)
      countMessages.run(topic, source, messages)
    })
    return firstSeq + batch.index.length / INDEX_FIELDS
  }

  #moveOffset(source: string, row: Row, visibleSeq: number, offset: StoredOffset): void {
    if (visibleSeq > numberAt(row, 'visible_seq')) {
      this.#statements.insertVisibility.run(source, visibleSeq, offset.position)
    }
    this.#statements.moveOffset.run(visibleSeq, ...offsetColumns(offset), source)
    this.#ledger.write(source, offset.moved, textOrNullAt(row, 'position'), offset.position)
  }

  #moveByOperator(source: string, why: string, atMs: number, offset: StoredOffset | null): void {
    this.claim(source)
    transaction(this.#db, () => {
      const row = this.#row(source)
      const columns = offset === null ? ([null, null, null, null, null, null] as const) : offsetColumns(offset)
      this.#statements.moveOffset.run(numberAt(row, 'visible_seq'), ...columns, source)
      const from = textOrNullAt(row, 'position')
      this.#ledger.write(source, { by: 'operator', why, atMs }, from, offset?.position ?? null)
    })
  }

  #row(source: string): Row {
    const row = this.#statements.source.get(source)
    if (row === undefined) throw fenced(source)
    return row
  }

  #drop(source: string): void {
    const { unseenCounts, deleteUnseen } = this.#statements
    let dropped = 0
    do {
      dropped = transaction(this.#db, () => {
        for (const row of unseenCounts.all(source, source, DROP_CHUNKS)) {
          this.#statements.countMessages.run(String(row['topic']), source, -numberAt(row, 'messages'))
        }
        return Number(deleteUnseen.run(source, source, DROP_CHUNKS).changes)
      })
    } while (dropped === DROP_CHUNKS)
  }
}

function prepare(db: DatabaseSync) {
  const unseen = `source = ? and batch_seq > (select visible_seq from source where name = ?) order by batch_seq, id limit ?`
  return {
    claim: db.prepare(
      'insert into source (name, epoch) values (?, 1) on conflict (name) do update set epoch = source.epoch + 1',
    ),
    source: db.prepare('select * from source where name = ?'),
    topics: db.prepare('select topic from topic where source = ? and messages > 0'),
    moveOffset: db.prepare(
      `update source set visible_seq = ?, position = ?, server = ?, memory = ?, moved_by = ?, moved_why = ?, moved_at_ms = ?
        where name = ?`,
    ),
    insertChunk: db.prepare(
      `insert into chunk (source, topic, batch_seq, first_seq, messages, stored_at_ms, layout, body)
        values (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    countMessages: db.prepare(
      `insert into topic (topic, source, messages) values (?, ?, ?)
        on conflict (topic, source) do update set messages = messages + excluded.messages`,
    ),
    insertVisibility: db.prepare('insert into visibility (source, through_seq, position) values (?, ?, ?)'),
    unseenCounts: db.prepare(`select topic, messages from chunk where ${unseen}`),
    deleteUnseen: db.prepare(`delete from chunk where id in (select id from chunk where ${unseen})`),
  } satisfies Record<string, StatementSync>
}

function fenced(source: string): OffbeatError {
  return new OffbeatError('FENCED', {
    message: `Another connector has claimed the lane of the source ${source}.`,
    details: { source },
  })
}
