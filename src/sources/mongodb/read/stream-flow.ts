import { asOffbeatError, OffbeatError } from '../../../model/error.ts'
import type { LogEvent, NoticeEvent } from '../../../model/log-event.ts'
import type { Offset } from '../../../model/offset.ts'
import { isUndecodable } from '../../../model/undecodable.ts'
import { eventAt, type ReplyEvents } from '../decode/cursor-reply.ts'
import type { Passage } from '../resume/passed-event.ts'
import { AFTER_INVALIDATE } from '../resume/stream-start.ts'
import type { BatchDecoder } from './batch-decoder.ts'
import type { StreamReply } from './change-stream.ts'
import type { RawEvents } from './raw-event.ts'
import type { StreamOffsets } from './stream-offsets.ts'
import type { StreamStart } from './stream-request.ts'
import type { StreamSource } from './stream-source.ts'
import { tokenOf } from './token-document.ts'

export interface StreamFlowOptions {
  readonly stream: StreamSource
  readonly decoder: BatchDecoder
  readonly offsets: StreamOffsets
  /** For a client that also wants the events as they came. */
  readonly raw: RawEvents | null
  /** How to continue from the offset although the server refused the start, or the error that explains it. */
  readonly decide: (error: OffbeatError, from: Offset) => Promise<Passage | { readonly error: OffbeatError }>
}

interface Decoded {
  readonly decoded: readonly LogEvent[]
  readonly failure: OffbeatError | null
  /** How many events of the reply come before those that are left. */
  readonly next: number
}

/** So many events are decoded at once. What a slice left is small and young enough for the garbage collector to remove it quickly. */
const SLICE = 256

/** How long the first answer may take before the stream counts as open. */
const OPENING_MS = 1000

/** Turns the replies of a stream into log events, and continues it where the server ends it. */
export class StreamFlow {
  readonly #options: StreamFlowOptions
  /** Of what happened at the opening. */
  readonly #notices: NoticeEvent[] = []

  constructor(options: StreamFlowOptions) {
    this.#options = options
  }

  /** `first`: what to yield as soon as the stream is open. */
  async *read(first: readonly LogEvent[]): AsyncGenerator<readonly LogEvent[]> {
    const { stream } = this.#options
    await this.#open()
    // The server refuses a start only with its first answer. One that searches in a long log answers late.
    let reply = (await stream.isAnswered(OPENING_MS)) ? await this.#take() : undefined
    yield first
    for (;;) {
      if (this.#notices.length > 0) yield this.#notices.splice(0)
      reply ??= await this.#take()
      if (reply === null) return
      yield* this.#slices(reply)
      if (reply.isLast) yield await this.#afterInvalidate(reply)
      reply = undefined
    }
  }

  async *#slices(reply: StreamReply): AsyncGenerator<readonly LogEvent[]> {
    let [from, isRead] = [0, false]
    this.#options.offsets.replied()
    while (!isRead) {
      const { decoded, failure, next } = this.#decoded(reply, from)
      if (failure !== null) await this.#passRest(failure, reply.events, next)
      if (failure === null || decoded.length > 0) yield decoded
      if (failure !== null) throw failure
      isRead = next === reply.events.starts.length
      from = next
    }
  }

  /** An error of an event is returned, so that what comes before it is delivered first. */
  #decoded(reply: StreamReply, from: number): Decoded {
    const { bytes, starts } = reply.events
    const decoded: LogEvent[] = []
    const to = Math.min(from + SLICE, starts.length)
    for (let i = from; i < to; i++) {
      const failure = this.#decode(bytes, starts[i] as number, decoded)
      if (failure !== null) return { decoded, failure, next: i + 1 }
    }
    if (to === starts.length) this.#endBatch(reply, decoded)
    return { decoded, failure: null, next: to }
  }

  #decode(bytes: Buffer, start: number, into: LogEvent[]): OffbeatError | null {
    const { decoder, raw } = this.#options
    try {
      decoder.decode(bytes, start, into)
      raw?.pass(eventAt(bytes, start), decoder.transaction?.name ?? null)
      return null
    } catch (thrown) {
      const error = asOffbeatError(thrown)
      if (isUndecodable(error)) raw?.pass(eventAt(bytes, start), decoder.transaction?.name ?? null)
      return error
    }
  }

  #endBatch({ events, token, isLast }: StreamReply, into: LogEvent[]): void {
    const { decoder, offsets, raw } = this.#options
    decoder.endBatch({ token, isEmpty: events.starts.length === 0 }, into)
    offsets.keep()
    if (decoder.isOpen) return
    raw?.end()
    // The token of an event that invalidates the stream needs another way to go on.
    const offset = token === null || isLast ? null : offsets.progress(token)
    if (offset !== null) into.push({ type: 'progress', offset, urgent: false })
  }

  /** Passes on the rest of the transaction that cannot be decoded, up to what shows its end. */
  async #passRest({ details: { transaction } }: OffbeatError, failed: ReplyEvents, next: number): Promise<void> {
    const { raw } = this.#options
    let [{ bytes, starts }, from] = [failed, next]
    while (raw !== null && raw.holds !== null && raw.holds === transaction) {
      for (let i = from; i < starts.length && raw.holds === transaction; i++)
        this.#decode(bytes, starts[i] as number, [])
      if (raw.holds !== transaction) return
      const reply = await this.#take()
      if (reply === null || reply.events.starts.length === 0) return raw.end()
      ;[{ bytes, starts }, from] = [reply.events, 0]
    }
  }

  async #open(start?: StreamStart): Promise<void> {
    try {
      await this.#options.stream.open(start)
    } catch (thrown) {
      await this.#pass(thrown)
    }
  }

  async #take(): Promise<StreamReply | null> {
    const { stream } = this.#options
    try {
      return await stream.take()
    } catch (thrown) {
      await this.#pass(thrown)
      return await stream.take().catch((again: unknown) => this.#refused(again))
    }
  }

  /**
   * If the server refuses the start of the stream, opens it behind that start where this is proven to be safe. That can be the start of a
   * later cursor. Within a transaction no offset shows it, so the whole is read again.
   */
  async #pass(thrown: unknown): Promise<void> {
    const { stream, decoder, offsets, decide } = this.#options
    if (!(thrown instanceof OffbeatError) || thrown.retry) throw thrown
    if (stream.hasAnswered || decoder.isOpen) throw thrown.kind === 'lost position' ? endedInside(thrown) : thrown
    const decided = await decide(thrown, offsets.reached)
    if ('error' in decided) throw decided.error
    await stream.open(decided.start)
    const { proof } = decided
    this.#notices.push({ type: 'notice', code: 'MONGODB_TOKEN_PASSED', details: { proof }, ledger: proof })
  }

  /** Behind the refused start, the server does not accept the next one either. */
  async #refused(again: unknown): Promise<never> {
    if (!(again instanceof OffbeatError) || again.retry) throw again
    const { offsets, decide } = this.#options
    const decided = await decide(again, offsets.reached)
    throw 'error' in decided ? decided.error : again
  }

  async #afterInvalidate({ events }: StreamReply): Promise<readonly LogEvent[]> {
    const { offsets } = this.#options
    const at = events.starts.at(-1)
    const start = await startAfter(at === undefined ? undefined : eventAt(events.bytes, at))
    const offset = offsets.progress(start.token, AFTER_INVALIDATE)
    await this.#open(start)
    const ledger = 'the stream was invalidated, and continues with startAfter from that event'
    return [
      { type: 'notice', code: 'MONGODB_STREAM_INVALIDATED', details: {}, ledger },
      ...(offset === null ? [] : [{ type: 'progress' as const, offset, urgent: false }]),
    ]
  }
}

async function startAfter(last: Buffer | undefined): Promise<Exclude<StreamStart, { readonly by: 'time' }>> {
  const { BSON } = await import('mongodb')
  const event = last === undefined ? {} : BSON.deserialize(last, { promoteLongs: false })
  if (event['operationType'] === 'invalidate') return { by: 'startAfter', token: tokenOf(BSON, event['_id']) }
  throw new OffbeatError('DATABASE_STREAM_BROKEN', {
    message: 'the server closed the change stream without an event that invalidates it',
    found: `${event['operationType'] ?? 'no event'} as the last event`,
    expected: 'an open cursor, or the event invalidate',
  })
}

/** Whether the position is lost shows when the stream is opened again. */
function endedInside(error: OffbeatError): OffbeatError {
  return new OffbeatError('MONGODB_CURSOR_ENDED', {
    message: 'the server ended the open change stream',
    found: error.found ?? error.code,
    details: error.details,
    cause: error,
  })
}
