import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { bytesAt, numberAt, type Row, textAt, textOrNullAt } from './row.ts'

/** A delivered message. Key and value are the JSON text exactly as delivered. */
export interface StoredMessage {
  readonly source: string
  readonly topic: string
  /** The source's own sequence number, across all its topics. */
  readonly seq: number
  readonly tsMs: number
  readonly key: string | null
  /** null: a tombstone. Bytes: the text is so large that a string may not be able to hold it. */
  readonly value: string | Uint8Array | null
  /**
   * The position stored together with the message: the end of the last transaction of its batch. Reading from it misses nothing after the
   * batch.
   */
  readonly position: string
}

export interface MessageQuery {
  readonly source: string
  /** null: all topics of the source. */
  readonly topic: string | null
  readonly only?: MessageFilter
}

/** Selects messages that meet every condition; null: no condition. */
export interface MessageFilter {
  readonly exceptTopic: string | null
  /** Committed at this time or later. */
  readonly sinceMs: number | null
  /** A message without a key never matches. */
  readonly key: ((key: string) => boolean) | null
}

/** Messages of one write to the store, in log order, with the sequence number to continue after. With a filter the list can be empty. */
export interface MessagePage {
  readonly messages: readonly StoredMessage[]
  readonly throughSeq: number
}

/** A JavaScript string holds at most 512 MiB, and whatever is made from a value must fit into one too. */
const LARGE_VALUE_BYTES = 64 * 1024 * 1024

/** The most sequence numbers that one search of a filter covers, so that each read stays short. */
const SCANNED_SEQS = 20_000

/** Reads visible messages, one write of the connector at a time. Each read is short. */
export class MessageReader {
  readonly #statements: ReturnType<typeof prepare>

  constructor(db: DatabaseSync) {
    this.#statements = prepare(db)
  }

  /** The last visible sequence number of the source; 0 when there is none. */
  visibleSeq(source: string): number {
    const row = this.#statements.visible.get(source)
    return row === undefined ? 0 : numberAt(row, 'visible_seq')
  }

  /**
   * The messages of the next write after `afterSeq`, which is 0 for the beginning or a page's `throughSeq`. null when nothing more is
   * visible.
   */
  pageAfter(query: MessageQuery, afterSeq: number): MessagePage | null {
    const { source, topic } = query
    const { nextBatch, nextOfTopic, chunks, chunksOfTopic } = this.#statements
    const found = topic === null ? nextBatch.get(source, afterSeq) : nextOfTopic.get(topic, source, afterSeq)
    if (found === undefined || found['batch_seq'] === null) return null
    const next = this.#passing(query, numberAt(found, 'batch_seq'))
    if (next.batchSeq === null) return { messages: [], throughSeq: next.throughSeq }
    const { batchSeq } = next
    const rows = topic === null ? chunks.all(source, batchSeq) : chunksOfTopic.all(topic, source, batchSeq)
    const position = this.#positionOf(source, batchSeq)
    const messages = rows.flatMap((row) => messagesOfChunk(row, position, query.only)).sort((a, b) => a.seq - b.seq)
    return { messages, throughSeq: Math.max(batchSeq, messages.at(-1)?.seq ?? 0) }
  }

  /**
   * Finds the first write from `firstSeq` on whose messages can match, without reading their bodies. `batchSeq` is null when none of the
   * searched range can match; `throughSeq` is then where to continue.
   */
  #passing({ source, topic, only }: MessageQuery, firstSeq: number): { batchSeq: number | null; throughSeq: number } {
    if (only === undefined || (only.exceptTopic === null && only.sinceMs === null)) {
      return { batchSeq: firstSeq, throughSeq: firstSeq }
    }
    const { exceptTopic, sinceMs } = only
    const range = { source, topic, first: firstSeq, last: firstSeq + SCANNED_SEQS }
    const row = this.#statements.passing.get({ ...range, except: exceptTopic, since: sinceMs })
    if (row === undefined) return { batchSeq: null, throughSeq: firstSeq }
    return {
      batchSeq: row['batch_seq'] === null ? null : numberAt(row, 'batch_seq'),
      throughSeq: row['scanned'] === null ? firstSeq : numberAt(row, 'scanned'),
    }
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
    passing: db.prepare(`
      select
        min(batch_seq) filter (
          where topic is not :except
            and (:since is null or exists (select 1 from json_each(layout) where value ->> 4 >= :since))
        ) as batch_seq,
        max(batch_seq) as scanned
      from chunk
      where source = :source and batch_seq between :first and :last and (:topic is null or topic = :topic) and ${visible}
    `),
    position: db.prepare(
      'select position from visibility where source = ? and through_seq >= ? order by through_seq limit 1',
    ),
  } satisfies Record<string, StatementSync>
}

function messagesOfChunk(row: Row, position: string, only: MessageFilter | undefined): StoredMessage[] {
  const source = textAt(row, 'source')
  const topic = textAt(row, 'topic')
  if (topic === only?.exceptTopic) return []
  const firstSeq = numberAt(row, 'first_seq')
  const { buffer, byteOffset, byteLength } = bytesAt(row, 'body')
  const body = Buffer.from(buffer, byteOffset, byteLength)
  return layoutOf(row).flatMap(([delta = 0, at = 0, keyLength = 0, valueLength = 0, tsMs = 0]) => {
    if (tsMs < (only?.sinceMs ?? tsMs)) return []
    const valueAt = at + keyLength
    const key = keyLength === 0 ? null : body.toString('utf8', at, valueAt)
    if (only?.key != null && (key === null || !only.key(key))) return []
    const value = valueLength === 0 ? null : textOrBytes(body.subarray(valueAt, valueAt + valueLength))
    return [{ source, topic, seq: firstSeq + delta, tsMs, key, value, position }]
  })
}

function textOrBytes(value: Buffer): string | Uint8Array {
  return value.length > LARGE_VALUE_BYTES ? value : value.toString('utf8')
}

/** See schema.ts for the five numbers. */
function layoutOf(row: Row): readonly (readonly number[])[] {
  return JSON.parse(textAt(row, 'layout')) as number[][]
}
