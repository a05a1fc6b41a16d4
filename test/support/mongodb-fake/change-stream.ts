import { BSON } from 'mongodb'
import type { FakeShards } from './fake-shards.ts'
import { readToken, type TokenVersion, tokenText } from './key-string-token.ts'
import type { LogChange, LogEntry, Oplog } from './oplog.ts'
import { ServerError } from './server-error.ts'
import { eventsOf, type StreamEvent } from './stream-event.ts'
import type { StreamOptions } from './stream-options.ts'
import type { BsonDocument } from './wire-message.ts'

/** What a stream needs of its server. The values can change while it is read. */
export interface StreamServer {
  readonly oplog: Oplog
  readonly tokenVersion: TokenVersion
  readonly wireVersion: number
  /** Larger events are split or end the stream. 16 MiB in mongod. */
  readonly maxEventBytes: number
  /** A getMore that has to examine more entries than this before it has an event runs out of time. null: none does. */
  readonly scanLimit: number | null
  readonly shards: FakeShards
  readonly lookUp: (change: LogChange) => BsonDocument | null
}

export interface Batch {
  readonly events: readonly BsonDocument[]
  readonly postBatchToken: string
  readonly ended: boolean
}

const MAX_BATCH_BYTES = 16 * 1024 ** 2

/** One cursor of a change stream. */
export class ChangeStream {
  readonly #server: StreamServer
  readonly #options: StreamOptions
  /** The number of the entry to examine next. */
  #next: number
  /** Events with this token or an earlier one are not sent again. */
  readonly #after: string
  /** The newest token of the stream, which only grows. */
  #token: string
  /** Found, but not in a batch yet. */
  readonly #pending: StreamEvent[] = []
  #ended = false

  constructor(server: StreamServer, options: StreamOptions) {
    this.#server = server
    this.#options = options
    this.#after = this.#start()
    this.#token = this.#after
    this.#next = server.oplog.from(readToken(this.#after)?.time ?? 0n)
  }

  /** Without a starting point, the changes after the newest entry. */
  #start(): string {
    const { resume, startAt } = this.#options
    if (resume !== null) return this.#resumed(resume)
    if (startAt === null) return this.#mark(this.#server.oplog.time + 1n)
    this.#refuseTrimmed(startAt)
    return this.#mark(startAt)
  }

  #resumed({ token, option }: NonNullable<StreamOptions['resume']>): string {
    const parts = readToken(token)
    if (parts === null) throw new ServerError(260, `the resume token ${token} has no valid format`)
    if (parts.isInvalidate && option === 'resumeAfter')
      throw new ServerError(
        260,
        "Attempting to resume a change stream using 'resumeAfter' is not allowed from an invalidate notification.",
      )
    this.#refuseTrimmed(parts.time)
    if (parts.isEvent && !parts.isInvalidate && !this.#has(token, parts.time))
      throw new ServerError(280, `cannot resume stream; the resume token was not found. {_data: "${token}"}`)
    return token
  }

  #refuseTrimmed(time: bigint): void {
    const { oplog } = this.#server
    if (oplog.first > 0 && time < (oplog.entry(oplog.first)?.time ?? 0n))
      throw new ServerError(
        286,
        'Resume of change stream was not possible, as the resume point may no longer be in the oplog.',
      )
  }

  /** Whether this stream would have sent the token's event. */
  #has(token: string, time: bigint): boolean {
    const entry = this.#server.oplog.entry(this.#server.oplog.from(time))
    const events = entry?.changes.flatMap((_, index) => eventsOf(entry, index, this.#maker())) ?? []
    return events.some((event) => event.token === token)
  }

  /** Whether the next batch has an event. Throws if the stream cannot go on. */
  examine(): boolean {
    this.#examine(1)
    return this.#pending.length > 0
  }

  batch(size: number): Batch {
    if (size > 0) this.#examine(size)
    const sent = this.#take(size)
    const last = sent.at(-1)
    if (last !== undefined) this.#token = last.token
    if (last?.invalidates === true) this.#ended = true
    // What was examined without an event is behind the stream too.
    else if (size > 0 && this.#pending.length === 0) this.#advanceTo(this.#examinedTime())
    return { events: sent.map((event) => event.document), postBatchToken: this.#token, ended: this.#ended }
  }

  #take(size: number): readonly StreamEvent[] {
    let bytes = 0
    const count = this.#pending.findIndex((event, at) => {
      bytes += BSON.calculateObjectSize(event.document)
      return at >= size || (at > 0 && bytes > MAX_BATCH_BYTES)
    })
    return this.#pending.splice(0, count === -1 ? this.#pending.length : count)
  }

  /** Examines entries until there are so many events, or no entry is left. */
  #examine(wanted: number): void {
    const { oplog, scanLimit, shards } = this.#server
    const from = this.#next
    while (this.#pending.length < wanted && this.#pending.at(-1)?.invalidates !== true) {
      if (this.#next < oplog.first)
        throw new ServerError(136, 'CollectionScan died due to position in capped collection being deleted.')
      const entry = oplog.entry(this.#next)
      if (entry === undefined || entry.time > shards.reached) return
      const events = this.#eventsOf(entry).filter((event) => event.token > this.#after)
      this.#pending.push(...events)
      this.#next += 1
      if (scanLimit !== null && this.#pending.length === 0 && this.#next - from > scanLimit)
        throw new ServerError(50, 'operation exceeded time limit')
    }
  }

  /** A router merges the events of one time by their tokens. */
  #eventsOf(entry: LogEntry): readonly StreamEvent[] {
    const events = entry.changes.flatMap((_, index) => eventsOf(entry, index, this.#maker()))
    const byToken = (a: StreamEvent, b: StreamEvent) => Number(a.token > b.token) - Number(a.token < b.token)
    return this.#server.shards.count === 1 ? events : events.toSorted(byToken)
  }

  #examinedTime(): bigint {
    return this.#server.oplog.entry(this.#next - 1)?.time ?? 0n
  }

  #advanceTo(time: bigint): void {
    const mark = this.#mark(time)
    if (mark > this.#token) this.#token = mark
  }

  #mark(time: bigint): string {
    return tokenText({ version: this.#server.tokenVersion, time })
  }

  #maker() {
    const { tokenVersion, wireVersion, maxEventBytes } = this.#server
    const lookUp = (change: LogChange) => this.#server.lookUp(change)
    return { version: tokenVersion, wireVersion, maxEventBytes, options: this.#options, lookUp }
  }
}
