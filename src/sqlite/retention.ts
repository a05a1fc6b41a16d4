import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { SAMPLE_AGES } from '../journal/journal.ts'
import { numberAt, type Row, textAt } from './row.ts'
import { setSynchronous } from './synchronous.ts'
import { transaction } from './transaction.ts'

/** How much history is kept. Messages are deleted in whole chunks, the oldest first. Messages that are not visible yet are kept. */
export interface Retain {
  /** null: no age limit. */
  readonly ageMs: number | null
  /** The limit for each topic of each source; null: no limit. */
  readonly messages: number | null
}

const DAY_MS = 24 * 60 * 60 * 1000
const KEEP_JOURNAL_MS = 7 * DAY_MS
const KEEP_LEDGER_MS = 90 * DAY_MS
const KEEP_LEDGER_ROWS = 200_000
const STEP_CHUNKS = 32
const STEP_ROWS = 500

/** Deletes expired data in steps of a few milliseconds each, so that a write never waits long for one. */
export class Retention {
  readonly #db: DatabaseSync
  readonly #retain: Retain
  readonly #statements: ReturnType<typeof prepare>

  constructor(db: DatabaseSync, retain: Retain) {
    this.#db = db
    this.#retain = retain
    this.#statements = prepare(db)
  }

  /** One pass over everything. Each iteration is one small transaction. */
  *steps(nowMs: number): Generator<void> {
    for (const topic of this.#statements.topics.all()) yield* this.#topicSteps(topic, nowMs)
    for (const row of this.#statements.sources.all()) yield* this.#sourceSteps(textAt(row, 'name'))
    for (const statement of this.#statements.byAge)
      yield* this.#rowSteps(statement, Math.round(nowMs - KEEP_JOURNAL_MS))
    for (const row of this.#statements.sources.all()) yield* this.#thinSteps(textAt(row, 'name'), nowMs)
    yield* this.#rowSteps(this.#statements.ledgerByAge, Math.round(nowMs - KEEP_LEDGER_MS))
    yield* this.#rowSteps(this.#statements.ledgerByCount, KEEP_LEDGER_ROWS)
  }

  *#topicSteps(row: Row, nowMs: number): Generator<void> {
    const topic = textAt(row, 'topic')
    const source = textAt(row, 'source')
    while (this.#step(() => this.#deleteOldest(topic, source, nowMs)) === STEP_CHUNKS) yield
    yield
  }

  *#sourceSteps(source: string): Generator<void> {
    const { deleteVisibility } = this.#statements
    while (this.#step(() => Number(deleteVisibility.run(source, STEP_ROWS).changes)) === STEP_ROWS) yield
    yield
  }

  /** Deletes some of the older samples; see `SAMPLE_AGES`. */
  *#thinSteps(source: string, nowMs: number): Generator<void> {
    for (const [index, { olderThanMs, oneInMs }] of SAMPLE_AGES.entries()) {
      const toMs = Math.round(nowMs - olderThanMs)
      const older = SAMPLE_AGES[index + 1]
      const fromMs = Math.round(older === undefined ? nowMs - KEEP_JOURNAL_MS : nowMs - older.olderThanMs)
      const thin = () => Number(this.#statements.thin.run(source, oneInMs, fromMs, toMs, STEP_ROWS).changes)
      while (this.#step(thin) === STEP_ROWS) yield
      yield
    }
  }

  *#rowSteps(statement: StatementSync, bound: number): Generator<void> {
    while (this.#step(() => Number(statement.run(bound, STEP_ROWS).changes)) === STEP_ROWS) yield
    yield
  }

  #step(work: () => number): number {
    setSynchronous(this.#db, 'normal')
    return transaction(this.#db, work)
  }

  #deleteOldest(topic: string, source: string, nowMs: number): number {
    const { oldest, deleteChunk, uncount, count } = this.#statements
    let left = Number(count.get(topic, source)?.['messages'] ?? 0)
    let deleted = 0
    for (const row of oldest.all(topic, source, source, STEP_CHUNKS)) {
      const messages = numberAt(row, 'messages')
      if (!this.#isPast(numberAt(row, 'stored_at_ms'), left - messages, nowMs)) break
      deleteChunk.run(numberAt(row, 'id'))
      uncount.run(messages, topic, source)
      left -= messages
      deleted++
    }
    return deleted
  }

  #isPast(storedAtMs: number, leftWithout: number, nowMs: number): boolean {
    const { ageMs, messages } = this.#retain
    return (ageMs !== null && storedAtMs < nowMs - ageMs) || (messages !== null && leftWithout >= messages)
  }
}

function prepare(db: DatabaseSync) {
  const byAge = (table: string): StatementSync =>
    db.prepare(`delete from ${table} where id in (select id from ${table} where at_ms < ? limit ?)`)
  return {
    topics: db.prepare('select topic, source from topic'),
    sources: db.prepare('select name from source'),
    count: db.prepare('select messages from topic where topic = ? and source = ?'),
    uncount: db.prepare('update topic set messages = messages - ? where topic = ? and source = ?'),
    oldest: db.prepare(
      `select id, messages, stored_at_ms from chunk where topic = ? and source = ?
        and batch_seq <= (select visible_seq from source where name = ?) order by batch_seq, id limit ?`,
    ),
    deleteChunk: db.prepare('delete from chunk where id = ?'),
    deleteVisibility: db.prepare(
      `delete from visibility where source = ?1 and through_seq in (
        select through_seq from visibility where source = ?1 and through_seq <
          coalesce((select min(batch_seq) from chunk where source = ?1), 9e18) order by through_seq limit ?2)`,
    ),
    byAge: [
      byAge('sample'),
      byAge('verdict'),
      db.prepare(
        'delete from pulse where (source, nonce) in (select source, nonce from pulse where at_ms < ? limit ?)',
      ),
    ],
    thin: db.prepare(
      `delete from sample where id in (
        select id from (
          select id, row_number() over (partition by run, at_ms / cast(?2 as integer) order by id) as rank
          from sample where source = ?1 and at_ms >= ?3 and at_ms < ?4)
        where rank > 1 limit ?5)`,
    ),
    ledgerByAge: byAge('ledger'),
    ledgerByCount: db.prepare(
      `delete from ledger where id in (select id from ledger where id < (
        select id from ledger order by id desc limit 1 offset ?) limit ?)`,
    ),
  }
}
