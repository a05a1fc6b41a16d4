import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { bytesAt, numberAt, type Row, textAt, textOrNullAt } from './row.ts'

/** A delivered message. Key and value are the JSON text exactly as delivered. */
export interface StoredMessage {
  readonly source: string
  readonly topic: string
  /** The source's own running number, over all its topics. */
  readonly seq: number
  readonly tsMs: number
  readonly key: string | null
  /** null: a tombstone. */
  readonly value: string | null
  /** The position stored together with the message: the end of its batch's last transaction. Reading from it on misses nothing after the batch. */
  readonly position: string
}

export interface MessageQuery {
  readonly source: string
  /** null: all topics of the source. */
  readonly topic: string | null
}

/** Messages of one write to the store, in the order of the log, with the sequence to go on after. */
export interface MessagePage {
  readonly messages: readonly StoredMessage[]
  readonly throughSeq: number
}

/** Reads visible messages, one write of the connector at a time, each read a short one. */
export class MessageReader {
  readonly #statements: ReturnType<typeof prepare>

  constructor(db: DatabaseSync) {
    this.#statements = prepare(db)
  }

  /** The last visible sequence of the source; 0 when there is none. */
  visibleSeq(source: string): number {
    const row = this.#statements.visible.get(source)
    return row === undefined ? 0 : numberAt(row, 'visible_seq')
  }

  /** The next write's messages after `afterSeq`, which is 0 for the beginning or a page's `throughSeq`; null when nothing more is visible. */
  pageAfter(query: MessageQuery, afterSeq: number): MessagePage | null {
    const { source, topic } = query
    const { nextBatch, nextOfTopic, chunks, chunksOfTopic } = this.#statements
    const found = topic === null ? nextBatch.get(source, afterSeq) : nextOfTopic.get(topic, source, afterSeq)
    if (found === undefined || found['batch_seq'] === null) return null
    const batchSeq = numberAt(found, 'batch_seq')
    const rows = topic === null ? chunks.all(source, batchSeq) : chunksOfTopic.all(topic, source, batchSeq)
    const position = this.#positionOf(source, batchSeq)
    const messages = rows.flatMap((row) => messagesOfChunk(row, position)).sort((a, b) => a.seq - b.seq)
    return { messages, throughSeq: messages.at(-1)?.seq ?? batchSeq }
  }

  #positionOf(source: string, batchSeq: number): string {
    const row = this.#statements.position.get(source, batchSeq)
    return row === undefined ? '' : (textOrNullAt(row, 'position') ?? '')
  }
}

function prepare(db: DatabaseSync) {
  const visible = 'batch_seq <= (select visible_seq from source where name = chunk.source)'
  return {
    visible: db.prepare('select visible_seq from source where name = ?'),
    nextBatch: db.prepare(
      `select min(batch_seq) as batch_seq from chunk where source = ? and batch_seq > ? and ${visible}`,
    ),
    nextOfTopic: db.prepare(
      `select min(batch_seq) as batch_seq from chunk where topic = ? and source = ? and batch_seq > ? and ${visible}`,
    ),
    chunks: db.prepare('select * from chunk where source = ? and batch_seq = ?'),
    chunksOfTopic: db.prepare('select * from chunk where topic = ? and source = ? and batch_seq = ?'),
    position: db.prepare(
      'select position from visibility where source = ? and through_seq >= ? order by through_seq limit 1',
    ),
  } satisfies Record<string, StatementSync>
}

function messagesOfChunk(row: Row, position: string): StoredMessage[] {
  const source = textAt(row, 'source')
  const topic = textAt(row, 'topic')
  const firstSeq = numberAt(row, 'first_seq')
  const body = Buffer.from(bytesAt(row, 'body'))
  return layoutOf(row).map(([delta = 0, at = 0, keyLength = 0, valueLength = 0, tsMs = 0]) => {
    const valueAt = at + keyLength
    const key = keyLength === 0 ? null : body.toString('utf8', at, valueAt)
    const value = valueLength === 0 ? null : body.toString('utf8', valueAt, valueAt + valueLength)
    return { source, topic, seq: firstSeq + delta, tsMs, key, value, position }
  })
}

/** See schema.ts for its five numbers. */
function layoutOf(row: Row): readonly (readonly number[])[] {
  return JSON.parse(textAt(row, 'layout')) as number[][]
}
