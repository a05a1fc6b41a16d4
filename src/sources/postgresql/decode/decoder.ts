import type { Clock } from '../../../model/clock.ts'
import type { OffbeatError } from '../../../model/error.ts'
import type { LogEvent, Op } from '../../../model/log-event.ts'
import { nonceOf } from '../../../model/nonce.ts'
import type { ServerIdentity } from '../../../model/offset.ts'
import type { Position } from '../../../model/position.ts'
import { takeUnchanged, textAt } from '../../../model/row-span.ts'
import type { TableVersion } from '../../../model/table.ts'
import { MESSAGE_PREFIX } from '../beat/logical-message.ts'
import { lsnToBigint, readLsn } from '../position.ts'
import { LogMemory } from '../read/log-memory.ts'
import type { Catalog } from '../tables/catalog.ts'
import { MessageCursor } from './message-cursor.ts'
import { malformed } from './protocol-error.ts'
import { type Relation, readRelation } from './relation.ts'
import { type KnownRelation, RelationBook, type RelationBookOptions } from './relation-book.ts'
import { int32, leaveKeyOnly, readTuple, sameKey, type TupleEnd } from './tuple.ts'

/*
 * Messages of pgoutput, protocol 1, in the order of a transaction. Numbers are big-endian, texts end with a zero byte, and times are
 * microseconds since 2000-01-01 UTC.
 *
 *   begin      'B' finalLsn:int64 committedAt:int64 xid:int32
 *   origin     'O' lsn:int64 name:text                               changes that came from another server
 *   message    'M' flags:byte lsn:int64 prefix:text length:int32 content
 *                                                                     flag 1: part of a transaction; otherwise it can be anywhere
 *   type       'Y' oid:int32 schema:text name:text
 *   relation   'R' ...                                                see relation.ts; before its first row and after each change
 *   insert     'I' relation:int32 'N' tuple                           tuples: see tuple.ts
 *   update     'U' relation:int32 [('K' | 'O') tuple] 'N' tuple       K: only the old key, O: the old row
 *   delete     'D' relation:int32 ('K' | 'O') tuple
 *   truncate   'T' count:int32 options:byte relation:int32*count
 *   commit     'C' flags:byte commitLsn:int64 endLsn:int64 committedAt:int64
 */

const BEGIN = 0x42
const COMMIT = 0x43
const DELETE = 0x44
const INSERT = 0x49
const MESSAGE = 0x4d
const ORIGIN = 0x4f
const RELATION = 0x52
const TRUNCATE = 0x54
const UPDATE = 0x55
const TYPE = 0x59
const NEW = 0x4e
const OLD_KEY = 0x4b
const OLD_ROW = 0x4f

const POSTGRES_EPOCH_MS = 946_684_800_000
const LAST_DATE_MS = 8_640_000_000_000_000
const COMMIT_WHY = 'the end of a complete transaction'
const NO_BYTES = Buffer.alloc(0)

export interface PgoutputDecoderOptions extends RelationBookOptions {
  /** Our source's name. A nonce of another source does not count. */
  readonly source: string
  readonly server: ServerIdentity
  readonly catalog: Catalog
  readonly clock: Clock
  readonly truncates: boolean
  /** Where the stream begins; absent: unknown. */
  readonly from?: Position
  /** What the offset remembers; absent: nothing. */
  readonly memory?: LogMemory
}

/**
 * Turns pgoutput messages into log events. The rows refer to the given bytes and copy nothing. Use one decoder for each stream: it
 * remembers relations and the open transaction. Do not use it again after an error.
 */
export class PgoutputDecoder {
  readonly #options: PgoutputDecoderOptions
  readonly #relations: RelationBook
  readonly #memory: LogMemory
  readonly #tupleEnd: TupleEnd = { at: 0 }
  #inTransaction = false
  #committedAtMs: number | null = null
  #transaction: string | null = null
  /** Where the last transaction ended. Before the first transaction, where the stream began. */
  #endOfLast: Position | null
  /** The previous row's relation, which is usually the next row's too. */
  #last: KnownRelation | null = null
  #lastOid = -1
  /** The old row that was read last is whole, not only a key. */
  #oldIsWhole = false
  /** The relations that were described since the last message of another kind. */
  #described: number[] = []

  constructor(options: PgoutputDecoderOptions) {
    this.#options = options
    this.#memory = options.memory ?? new LogMemory()
    this.#relations = new RelationBook(options, options.catalog, this.#memory)
    this.#endOfLast = options.from ?? null
  }

  get inTransaction(): boolean {
    return this.#inTransaction
  }

  /** The open transaction; null: none is open. */
  get transaction(): { readonly transaction: string | null; readonly committedAtMs: number | null } | null {
    return this.#inTransaction ? { transaction: this.#transaction, committedAtMs: this.#committedAtMs } : null
  }

  /**
   * The table of the next row, if the stream shows it: the table that was just described, or the only one that was described so far;
   * otherwise null. A row at which the server fails belongs to a described table, since the server sends the description before it builds
   * the message of the table's first row.
   */
  get tableOfNextRow(): string | null {
    const [described] = this.#described.slice(-2)
    const known = described === undefined ? this.#relations.onlyOne : this.#relations.get(described)
    return known === undefined ? null : `${known.relation.schema}.${known.relation.name}`
  }

  /**
   * Decodes the message in `bytes` from `start` to `end` and pushes its events. The message is what follows the header of XLogData;
   * `walStart` in that header is the position of the record. Returns a promise only if the catalog must be queried. Await it before the
   * next call; `bytes` need not stay valid until then. Throws POSTGRES_PROTOCOL_INVALID if the message does not follow the grammar.
   */
  decode(
    bytes: Buffer,
    start: number,
    end: number,
    walStart: number | bigint,
    into: LogEvent[],
  ): Promise<void> | undefined {
    const kind = start < end ? bytes[start] : -1
    switch (kind) {
      case INSERT:
        this.#insert(bytes, start, end, walStart, into)
        return
      case UPDATE:
        this.#update(bytes, start, end, walStart, into)
        return
      case DELETE:
        this.#delete(bytes, start, end, walStart, into)
        return
      default:
        return this.#seldom(kind, bytes, start, end, walStart, into)
    }
  }

  #seldom(
    kind: number | undefined,
    bytes: Buffer,
    start: number,
    end: number,
    walStart: number | bigint,
    into: LogEvent[],
  ): Promise<void> | undefined {
    const cursor = new MessageCursor(kindName(kind), bytes, start, end)
    if (kind !== RELATION && kind !== TYPE) this.#described = []
    switch (kind) {
      case BEGIN:
        this.#begin(cursor, into)
        return
      case COMMIT:
        this.#commit(cursor, into)
        return
      case RELATION:
        return this.#relation(readRelation(cursor), into)
      case TRUNCATE:
        this.#truncate(cursor, walStart, into)
        return
      case MESSAGE:
        this.#message(cursor, into)
        return
      case ORIGIN:
        readOrigin(cursor)
        return
      case TYPE:
        this.#type(cursor)
        return
      default:
        throw malformed(kindName(kind), 0, 'no kind of message that the protocol has')
    }
  }

  #begin(cursor: MessageCursor, into: LogEvent[]): void {
    if (this.#inTransaction) throw cursor.malformed('a transaction begins within another')
    cursor.eightBytesAt()
    const committed = readTime(cursor)
    this.#committedAtMs = committed.ms
    const transaction = String(cursor.uint32())
    cursor.finish()
    this.#inTransaction = true
    this.#transaction = transaction
    const after = this.#endOfLast
    into.push({
      type: 'begin',
      transaction,
      committedAtMs: committed.ms,
      committedAtRestUs: committed.restUs,
      ...(after === null ? {} : { after: String(lsnToBigint(after)) }),
    })
  }

  #commit(cursor: MessageCursor, into: LogEvent[]): void {
    if (!this.#inTransaction) throw cursor.malformed('a commit without a transaction')
    cursor.uint8()
    cursor.eightBytesAt()
    const position = readLsn(cursor.bytes, cursor.eightBytesAt())
    readTime(cursor)
    cursor.finish()
    this.#inTransaction = false
    this.#endOfLast = position
    const moved = { by: 'commit', why: COMMIT_WHY, atMs: this.#options.clock.nowMs() } as const
    into.push({
      type: 'commit',
      offset: { position, server: this.#options.server, memory: this.#memory.document, moved },
    })
  }

  #type(cursor: MessageCursor): void {
    const oid = cursor.uint32()
    const schema = cursor.text() || 'pg_catalog'
    this.#relations.learnType(oid, schema, cursor.text())
    cursor.finish()
  }

  #relation(relation: Relation, into: LogEvent[]): Promise<void> | undefined {
    this.#last = null
    this.#lastOid = -1
    this.#described.push(relation.oid)
    return this.#relations.learn(relation, Number(this.#transaction ?? 0), into)
  }

  #insert(bytes: Buffer, start: number, end: number, walStart: number | bigint, into: LogEvent[]): void {
    const known = this.#rowRelation(bytes, start, end, into)
    if (known.skip) return
    if (bytes[start + 5] !== NEW) throw this.#noTuple(bytes, start, start + 5)
    const spans = readTuple(bytes, start + 6, end, known.blank, start, this.#tupleEnd)
    this.#finish(bytes, start, end)
    if (known.heartbeat) this.#pulse(bytes, spans, known, into)
    if (known.table !== null) pushChange(known.table, 'c', bytes, null, spans, walStart, into)
  }

  #update(bytes: Buffer, start: number, end: number, walStart: number | bigint, into: LogEvent[]): void {
    const known = this.#rowRelation(bytes, start, end, into)
    if (known.skip) return
    let at = start + 5
    let old: number[] | null = null
    if (bytes[at] === OLD_KEY || bytes[at] === OLD_ROW) {
      old = this.#oldTuple(bytes, start, end, known)
      at = this.#tupleEnd.at
    }
    if (at >= end || bytes[at] !== NEW) throw this.#noTuple(bytes, start, at)
    const spans = readTuple(bytes, at + 1, end, known.blank, start, this.#tupleEnd)
    this.#finish(bytes, start, end)
    if (old !== null) {
      takeUnchanged(spans, old)
      // The server can log the old key even if it did not change: when a part of it is stored out of line, or in another form.
      if (!this.#oldIsWhole && sameKey(bytes, old, spans)) old = null
    }
    if (known.heartbeat) this.#pulse(bytes, spans, known, into)
    if (known.table !== null) pushChange(known.table, 'u', bytes, old, spans, walStart, into)
  }

  #delete(bytes: Buffer, start: number, end: number, walStart: number | bigint, into: LogEvent[]): void {
    const known = this.#rowRelation(bytes, start, end, into)
    if (known.skip) return
    if (bytes[start + 5] !== OLD_KEY && bytes[start + 5] !== OLD_ROW) throw this.#noTuple(bytes, start, start + 5)
    const old = this.#oldTuple(bytes, start, end, known)
    this.#finish(bytes, start, end)
    if (known.table !== null) pushChange(known.table, 'd', bytes, old, null, walStart, into)
  }

  #rowRelation(bytes: Buffer, start: number, end: number, into: LogEvent[]): KnownRelation {
    if (!this.#inTransaction) throw malformed(kindName(bytes[start]), 0, 'a row without a transaction')
    if (end - start < 6) throw malformed(kindName(bytes[start]), end - start, 'it ends too early')
    const oid = int32(bytes, start + 1) >>> 0
    if (oid === this.#lastOid && this.#last !== null) return this.#last
    const known = this.#described.length === 0 ? this.#relations.get(oid) : this.#firstRow(oid, into)
    if (known === undefined) throw malformed(kindName(bytes[start]), 1, 'a relation that was not described before')
    this.#lastOid = oid
    this.#last = known
    return known
  }

  /** Resolves the first row after a description. If a root was described, the description of the partition that has this row follows it. */
  #firstRow(oid: number, into: LogEvent[]): KnownRelation | undefined {
    const [root, partition] = this.#described.slice(-2)
    this.#described = []
    if (root !== oid || partition === undefined || partition === oid) return this.#relations.get(oid)
    return this.#relations.addPartition(oid, partition, into)
  }

  #oldTuple(bytes: Buffer, start: number, end: number, known: KnownRelation): number[] {
    const spans = readTuple(bytes, start + 6, end, known.blank, start, this.#tupleEnd)
    if (known.partitions !== null) this.#oldIsWhole = known.partitions.read(spans)
    else {
      this.#oldIsWhole = bytes[start + 5] === OLD_ROW
      if (!this.#oldIsWhole) leaveKeyOnly(spans, known.identity)
    }
    return spans
  }

  #finish(bytes: Buffer, start: number, end: number): void {
    const left = end - this.#tupleEnd.at
    if (left !== 0) throw malformed(kindName(bytes[start]), end - left - start, `${left} bytes too many`)
  }

  #noTuple(bytes: Buffer, start: number, at: number): OffbeatError {
    return malformed(kindName(bytes[start]), at - start, 'no tuple where one must be')
  }

  #pulse(bytes: Buffer, spans: readonly number[], known: KnownRelation, into: LogEvent[]): void {
    this.#pushPulse(textAt(bytes, spans, known.nonceColumn), into)
  }

  #pushPulse(text: string, into: LogEvent[]): void {
    const nonce = nonceOf(text, this.#options.source)
    into.push({ type: 'pulse', nonce, committedAtMs: this.#committedAtMs })
  }

  /** Only a transactional message lets the server release log, so only such a message counts as a pulse. */
  #message(cursor: MessageCursor, into: LogEvent[]): void {
    const transactional = (cursor.uint8() & 1) === 1
    cursor.eightBytesAt()
    const prefix = cursor.text()
    const length = cursor.uint32()
    const content = transactional && prefix === MESSAGE_PREFIX ? cursor.textOf(length) : null
    if (content === null) cursor.skip(length)
    cursor.finish()
    if (content === null) return
    if (!this.#inTransaction) throw cursor.malformed('a message of a transaction without one')
    this.#pushPulse(content, into)
  }

  #truncate(cursor: MessageCursor, walStart: number | bigint, into: LogEvent[]): void {
    if (!this.#inTransaction) throw cursor.malformed('a truncate without a transaction')
    const count = cursor.uint32()
    cursor.uint8()
    for (let i = 0; i < count; i++) {
      const known = this.#relations.get(cursor.uint32())
      if (known === undefined) throw cursor.malformed('a relation that was not described before')
      if (known.table === null || !this.#options.truncates) continue
      pushChange(known.table, 't', NO_BYTES, null, null, walStart, into)
    }
    cursor.finish()
  }
}

function pushChange(
  table: TableVersion,
  op: Op,
  bytes: Buffer,
  before: number[] | null,
  after: number[] | null,
  walStart: number | bigint,
  into: LogEvent[],
): void {
  into.push({
    type: 'change',
    table,
    op,
    before: before === null ? null : { bytes, spans: before },
    after: after === null ? null : { bytes, spans: after },
    position: [walStart],
  })
}

function readOrigin(cursor: MessageCursor): void {
  cursor.eightBytesAt()
  cursor.text()
  cursor.finish()
}

/**
 * null: infinity, -infinity, or a year outside the range of a JavaScript date. A replication origin sets the commit time of the changes
 * that it applies (`pg_replication_origin_xact_setup`), and the server accepts any timestamp.
 */
function readTime(cursor: MessageCursor): { readonly ms: number | null; readonly restUs: number } {
  const at = cursor.eightBytesAt()
  const micros = cursor.bytes.readInt32BE(at) * 4_294_967_296 + cursor.bytes.readUInt32BE(at + 4)
  const ms = Math.floor(micros / 1000) + POSTGRES_EPOCH_MS
  if (Math.abs(ms) > LAST_DATE_MS) return { ms: null, restUs: 0 }
  return { ms, restUs: micros - Math.floor(micros / 1000) * 1000 }
}

function kindName(kind: number | undefined): string {
  const known = kind !== undefined && kind >= 0x21 && kind <= 0x7e
  return known ? String.fromCharCode(kind) : `byte ${kind ?? -1}`
}
