import { asOffbeatError, OffbeatError } from '../../../model/error.ts'
import type { ErrorCode } from '../../../model/error-code.ts'
import type { CommitEvent, LogEvent, ProgressEvent } from '../../../model/log-event.ts'
import type { PositionCodec } from '../../../model/position.ts'
import { isUndecodable, undecodable } from '../../../model/undecodable.ts'
import type { RawEnd } from '../../raw-log.ts'
import type { BinlogDecoder, Rest } from '../decode/binlog-decoder.ts'
import { FLAG_ARTIFICIAL, FLAGS_AT } from '../decode/framing/event-header.ts'
import { EVENT } from '../decode/framing/event-type.ts'
import type { StreamPosition } from '../decode/stream-position.ts'
import type { BinlogStream } from './binlog-stream.ts'
import type { DomainWatch } from './domain-watch.ts'
import type { RawEvents } from './raw-event.ts'

/** The offset of the type in the event header. */
const TYPE_AT = 4

/**
 * What the server sends only when it has found the starting position. While it searches, it sends no heartbeat. After that, a log that is
 * never silent for as long as the period has none either.
 */
const AFTER_SEARCH: ReadonlySet<number | undefined> = new Set([
  EVENT.HEARTBEAT,
  EVENT.HEARTBEAT_V2,
  EVENT.GTID,
  EVENT.ANONYMOUS_GTID,
  EVENT.GTID_TAGGED,
  EVENT.MARIADB_GTID,
])

/** Errors of the decoder. Others that it passes on are about the connection that it asks. */
const OF_THE_LOG: readonly ErrorCode[] = [
  'MYSQL_EVENT_INVALID',
  'MYSQL_EVENT_UNSUPPORTED',
  'MYSQL_CHECKSUM_WRONG',
  'MYSQL_COLUMNS_UNKNOWN',
  'MYSQL_CHARSET_UNSUPPORTED',
  'MYSQL_STATEMENT_LOGGED',
  'MYSQL_ROLLBACK_LOGGED',
  'MYSQL_XA_UNKNOWN',
  'MYSQL_INCIDENT',
  'VALUE_INVALID',
]

export interface EventFlowOptions {
  readonly source: string
  readonly stream: BinlogStream
  readonly decoder: BinlogDecoder
  readonly domains: DomainWatch
  readonly positions: PositionCodec
  /** For a client that also wants the events as they came. */
  readonly raw: RawEvents | null
}

/** How far the log was read before an event. Kept only for the client of raw events. */
interface Before {
  readonly reached: StreamPosition
  readonly checksums: boolean
  /** The transaction that was open. */
  readonly transaction: string | null
}

/** Turns the events of a started stream into log events. */
export class EventFlow {
  readonly #options: EventFlowOptions
  /** Of the event that is being decoded. */
  #before: Before = { reached: { file: null, position: 0 }, checksums: false, transaction: null }
  #isLastOfTransaction = false

  constructor(options: EventFlowOptions) {
    this.#options = options
  }

  /** An error comes after everything before it. */
  async *read(): AsyncGenerator<readonly LogEvent[]> {
    do {
      const events: LogEvent[] = []
      const failure = yield* this.#arrived(events)
      if (failure !== null) await this.#passRest(failure)
      if (events.length > 0) yield events
      if (failure !== null) throw failure
    } while (await this.#options.stream.take())
  }

  /**
   * Decodes what has arrived. An error is returned, so that the events before it are delivered first: it can come again at the same position,
   * and they would never be.
   */
  async *#arrived(events: LogEvent[]): AsyncGenerator<readonly LogEvent[], OffbeatError | null> {
    try {
      while (this.#options.stream.next()) {
        const rest = this.#event(events)
        if (rest !== undefined) for await (const _step of rest) if (events.length > 0) yield events.splice(0)
      }
      return null
    } catch (thrown) {
      if (thrown instanceof OffbeatError) return thrown
      throw thrown
    }
  }

  /** The events can be taken after each step of the rest. */
  #event(into: LogEvent[]): Rest | undefined {
    const { stream, decoder, domains, raw } = this.#options
    const { bytes, start, end } = stream
    const type = bytes[start + TYPE_AT]
    if (AFTER_SEARCH.has(type)) stream.expectHeartbeats()
    const known = into.length
    if (raw !== null) {
      const transaction = decoder.transaction?.name ?? null
      this.#before = { reached: decoder.reached, checksums: decoder.checksums, transaction }
      this.#isLastOfTransaction = raw.take(stream, this.#before) === 'ends'
    }
    const rest = this.#decode(bytes, start, end, into)
    if (type === EVENT.MARIADB_GTID_LIST && !isArtificial(bytes, start)) domains.take(decoder.gtidsBeforeFile)
    if (rest !== undefined) return this.#steps(rest, into)
    if (raw !== null) this.#pass(raw, into.slice(known))
    return
  }

  /** An error of the server that is asked is not an error of the log. */
  async *#steps(rest: Rest, into: LogEvent[]): Rest {
    const { raw } = this.#options
    const given: LogEvent[] = []
    try {
      for await (const _step of rest) {
        given.push(...into.filter(hasOffset))
        yield
      }
    } catch (thrown) {
      throw thrown instanceof OffbeatError && OF_THE_LOG.includes(thrown.code) ? this.#undecodable(thrown) : thrown
    }
    if (raw !== null) this.#pass(raw, given)
  }

  #decode(bytes: Buffer, start: number, end: number, into: LogEvent[]): Rest | undefined {
    try {
      return this.#options.decoder.decode(bytes, start, end, into)
    } catch (thrown) {
      throw this.#undecodable(thrown)
    }
  }

  #undecodable(thrown: unknown): OffbeatError {
    // About all of its domain: skipping one transaction would not help.
    if (thrown instanceof OffbeatError && thrown.code === 'MYSQL_GTID_ORDER') return thrown
    const { decoder, source } = this.#options
    const { transaction } = decoder
    const error = asOffbeatError(thrown)
    const name = transaction?.name ?? eventName(error)
    return undecodable(error, {
      source,
      transaction: name,
      committedAtMs: transaction?.committedAtMs ?? null,
      table: null,
    })
  }

  #pass(raw: RawEvents, decoded: readonly LogEvent[]): void {
    const { decoder, positions, stream } = this.#options
    const offset = decoded.findLast((event) => event.type === 'commit')?.offset
    const end = offset === undefined ? null : { position: positions.text(offset.position), memory: offset.memory }
    raw.pass(stream, this.#before, this.#before.transaction ?? decoder.transaction?.name ?? null, end)
  }

  /** Passes on the event that cannot be decoded and the rest of its transaction, for the client that saves it. */
  async #passRest(error: OffbeatError): Promise<void> {
    const { raw, stream, decoder } = this.#options
    const { transaction } = error.details
    if (raw === null || !isUndecodable(error) || typeof transaction !== 'string') return
    const { checksums, reached } = this.#before
    let position = reached.position
    let isLast = this.#isLastOfTransaction || decoder.transaction === null
    for (;;) {
      position += stream.end - stream.start
      const at = { reached: { file: reached.file, position }, checksums }
      raw.pass(stream, at, transaction, isLast ? this.#endAt(at.reached) : null)
      if (isLast) return
      while (!stream.next()) if (!(await stream.take())) return
      const step = raw.take(stream, at)
      if (step === 'begins' || step === 'outside') {
        const { position: end, memory = {} } = this.#endAt(at.reached)
        raw.close(transaction, end, memory)
        return
      }
      isLast = step === 'ends'
    }
  }

  #endAt(reached: StreamPosition): RawEnd {
    const { decoder, positions } = this.#options
    const offset = decoder.offsetAfter(reached)
    return { position: positions.text(offset.position), memory: offset.memory }
  }
}

function isArtificial(bytes: Buffer, start: number): boolean {
  return (bytes.readUInt16LE(start + FLAGS_AT) & FLAG_ARTIFICIAL) !== 0
}

/** How an event outside of a transaction is named: its file and offset. null: not known. */
function eventName({ details }: OffbeatError): string | null {
  const { file, offset } = details
  return typeof file === 'string' && typeof offset === 'number' ? `${file}:${offset}` : null
}

export function hasOffset(event: LogEvent): event is CommitEvent | ProgressEvent {
  return event.type === 'commit' || event.type === 'progress'
}
