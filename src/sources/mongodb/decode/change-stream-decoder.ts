import type { OffbeatError } from '../../../model/error.ts'
import type { LogEvent } from '../../../model/log-event.ts'
import { nonceOf } from '../../../model/nonce.ts'
import { undecodable } from '../../../model/undecodable.ts'
import { int32 } from '../../../values/integer-value.ts'
import { type ClusterTime, timeText } from '../position/cluster-time.ts'
import type { ResumeToken } from '../position/resume-token.ts'
import { isKeyString, timeInToken } from '../position/token-order.ts'
import { BsonFault } from '../values/bson-fault.ts'
import { BSON_TYPE } from '../values/bson-type.ts'
import { type DocumentForm, documentWriters } from '../values/document-form.ts'
import { changeOf } from './change-row.ts'
import { int64At } from './cursor-reply.ts'
import { eventError } from './event-error.ts'
import { EventFields, FIELD, type Field } from './event-fields.ts'
import { heartbeatText } from './heartbeat-text.ts'
import { type HeartbeatCollection, type Namespace, NamespaceBook } from './namespace-book.ts'
import { type ChangeName, changeWords, type Operation, operationAt } from './operation.ts'
import { SplitEvent } from './split-event.ts'
import { tokenAt } from './token-text.ts'
import { type CommitOffset, type EventPlace, nameOfEvent, TransactionGrouping } from './transaction-grouping.ts'

export interface DecoderOptions {
  /** The name of this source. Heartbeats with another source's nonce are not ours. */
  readonly source: string
  readonly documents: DocumentForm
  readonly isWatched: (database: string, collection: string) => boolean
  /** null: layer 2 is off. */
  readonly heartbeat: HeartbeatCollection | null
  /** Whether the stream is read from a router of a sharded cluster (mongos). */
  readonly isRouter: boolean
  /** The time of the position from which the stream is read, for events without a time. */
  readonly startTime: ClusterTime
  readonly commitOffset: CommitOffset
}

/** The transaction of an event. */
export interface EventTransaction {
  /** Its session and number, or the position after the event. */
  readonly name: string
  readonly committedAtMs: number
}

/**
 * Turns the events of a change stream into log events. The rows of the changes point into the event's bytes, which must not be changed
 * before they are written. The reader makes the progress from the post-batch tokens, and goes on after `invalidate`, which adds nothing here.
 */
export class ChangeStreamDecoder {
  readonly #source: string
  readonly #namespaces: NamespaceBook
  readonly #transactions: TransactionGrouping
  readonly #fields = new EventFields()
  readonly #split = new SplitEvent()
  readonly #unknown = new Set<string>()
  #id: string | null = null
  #at: EventPlace | null = null
  /** The text of the newest event's time, which many events have in common. */
  #ts: { readonly time: ClusterTime; readonly text: string }

  constructor(options: DecoderOptions) {
    this.#source = options.source
    const { isWatched, heartbeat, startTime } = options
    this.#namespaces = new NamespaceBook({ isWatched, heartbeat, writers: () => documentWriters(options.documents) })
    this.#transactions = new TransactionGrouping(options.commitOffset, options.isRouter)
    this.#ts = { time: startTime, text: timeText(startTime) }
  }

  /** Whether no offset can rest here, because a transaction or an event in fragments is not complete. */
  get isOpen(): boolean {
    return this.#split.isOpen || this.#transactions.isOpen
  }

  /** Of the event that was decoded last, or that could not be decoded. null: it failed before that was known. */
  get transaction(): EventTransaction | null {
    const place = this.#at
    return place && { name: this.#id ?? nameOfEvent(place), committedAtMs: place.committedAtMs }
  }

  /** The BSON of one event is at `start`. Adds what is complete. An error names the transaction, as far as it is known. */
  decode(bytes: Buffer, start: number, into: LogEvent[]): void {
    this.#at = null
    try {
      this.#fields.read(bytes, start, bytes.length)
      if (this.#isWhole()) this.#whole(into)
    } catch (thrown) {
      throw this.#named(eventError(thrown, 'an event of the change stream', this.#fields.start))
    }
  }

  /** After the last event of a batch. `token`: the post-batch token. Ends the open transaction if that shows that it is complete. */
  endBatch(
    { token, isEmpty }: { readonly token: ResumeToken | null; readonly isEmpty: boolean },
    into: LogEvent[],
  ): void {
    if (this.#split.isOpen) return
    // Only mongod's tokens promise that everything up to their time was sent.
    const isSure = token !== null && isKeyString(token)
    this.#transactions.endBatch(isSure ? timeInToken(token) : null, isEmpty, into)
  }

  #named(error: unknown): OffbeatError {
    const { name = null, committedAtMs = null } = this.transaction ?? {}
    return undecodable(error, { source: this.#source, transaction: name, committedAtMs, table: null })
  }

  /** Whether the event is whole, or this was its last fragment: then the fields are those of the whole event. */
  #isWhole(): boolean {
    const fragment = this.#fields.fragment
    if (!this.#split.isOpen && (fragment === null || (fragment.number === 1 && fragment.of === 1))) return true
    const { number, of } = fragment ?? { number: 0, of: 0 }
    const whole = this.#split.add(this.#fields, number, of)
    if (whole !== null) this.#fields.read(whole, 0, whole.length)
    return whole !== null
  }

  #whole(into: LogEvent[]): void {
    const fields = this.#fields
    const place = this.#place()
    const id = this.#transactionId()
    this.#id = id
    this.#at = place
    const at = fields.typed(FIELD.OPERATION, BSON_TYPE.STRING)
    if (at < 0) throw new BsonFault(fields.start, 'an event without a type')
    const operation = operationAt(fields.bytes, at + 4, fields.end(FIELD.OPERATION) - 1)
    if (operation.is === 'change') this.#change(operation.name, id, place, into)
    else this.#other(operation, id, place, into)
  }

  #change(name: ChangeName, id: string | null, place: EventPlace, into: LogEvent[]): void {
    const fields = this.#fields
    const namespace = this.#namespace(FIELD.NAMESPACE)
    if (namespace === null) throw new BsonFault(fields.start, 'a change without a namespace')
    const { table, isHeartbeat } = namespace
    if (table === null && !isHeartbeat) {
      this.#transactions.pass(id, place, into)
      return
    }
    const text = isHeartbeat ? heartbeatText(name, fields) : ''
    this.#transactions.open(id, place, into)
    if (table !== null) into.push(changeOf(name, fields, table, [place.ts, this.#transactions.nextChange()]))
    if (isHeartbeat && name !== 'delete') {
      into.push({ type: 'pulse', nonce: nonceOf(text, this.#source), committedAtMs: place.committedAtMs })
    }
    this.#transactions.close(id, place, into)
  }

  #other(
    operation: Exclude<Operation, { is: 'change' }>,
    id: string | null,
    place: EventPlace,
    into: LogEvent[],
  ): void {
    const { is, name } = operation
    this.#transactions.pass(id, place, into)
    if (is === 'collection') this.#collection(name, into)
    if (is === 'unknown' && !this.#unknown.has(name)) {
      this.#unknown.add(name)
      into.push({ type: 'notice', code: 'MONGODB_OPERATION_UNKNOWN', details: { operation: name, at: place.ts } })
    }
  }

  /** Reports what happened to a collection that is watched, or to a database that can have some. */
  #collection(operation: string, into: LogEvent[]): void {
    const [from, to] = [this.#namespace(FIELD.NAMESPACE), this.#namespace(FIELD.RENAMED_TO)]
    const isWanted = [from, to].some(
      (one) => one !== null && (one.name === null || one.table !== null || (one.isHeartbeat && operation !== 'create')),
    )
    if (!isWanted || from === null) return
    const details = { operation, collection: nameOf(from), ...(to === null ? {} : { renamedTo: nameOf(to) }) }
    const message = changeWords(operation, nameOf(from), to && nameOf(to))
    into.push({ type: 'notice', code: 'MONGODB_COLLECTION_CHANGED', message, details })
  }

  #namespace(field: Field): Namespace | null {
    const fields = this.#fields
    const at = fields.document(field)
    return at < 0 ? null : this.#namespaces.at(fields.bytes, at, fields.end(field))
  }

  /** `session:number`; null: the event is a transaction of its own. */
  #transactionId(): string | null {
    const fields = this.#fields
    const at = fields.sessionIdAt
    if (at < 0) return null
    const hex = fields.bytes.toString('hex', at, at + 16)
    const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    return `${uuid}:${int64At(fields.bytes, fields.at(FIELD.TRANSACTION))}`
  }

  #place(): EventPlace {
    const fields = this.#fields
    const at = fields.document(FIELD.TOKEN)
    if (at < 0) throw new BsonFault(fields.start, 'an event without a resume token')
    const token = tokenAt(fields.bytes, at, fields.end(FIELD.TOKEN))
    const { time, text } = this.#timeOf(token)
    return { token, time, ts: text, committedAtMs: fields.wallTimeMs ?? time.seconds * 1000 }
  }

  #timeOf(token: ResumeToken): { readonly time: ClusterTime; readonly text: string } {
    const fields = this.#fields
    const at = fields.typed(FIELD.CLUSTER_TIME, BSON_TYPE.TIMESTAMP)
    const known = this.#ts
    if (at < 0) return this.#newTime(timeInToken(token) ?? known.time)
    const [seconds, increment] = [int32(fields.bytes, at + 4) >>> 0, int32(fields.bytes, at) >>> 0]
    if (seconds === known.time.seconds && increment === known.time.increment) return known
    return this.#newTime({ seconds, increment })
  }

  #newTime(time: ClusterTime): { readonly time: ClusterTime; readonly text: string } {
    this.#ts = { time, text: timeText(time) }
    return this.#ts
  }
}

function nameOf({ database, name }: Namespace): string {
  return name === null ? database : `${database}.${name}`
}
