import type { Clock } from '../../../model/clock.ts'
import { OffbeatError } from '../../../model/error.ts'
import type { Logger } from '../../../model/logger.ts'
import type { MongodbConfig } from '../config.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { compareTokens } from '../position/token-order.ts'
import { BatchSize } from './batch-size.ts'
import { ChangeStream, type StreamReply } from './change-stream.ts'
import { type StreamRequest, type StreamStart, streamCommand } from './stream-request.ts'

export interface StreamSourceOptions {
  readonly config: MongodbConfig
  readonly connection: MongodbConnection
  readonly awaitMs: number
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
}

/** How long the server waits for an event when a stream was opened: not at all, so that it is known at once whether the start was found. */
const FIRST_AWAIT_MS = 1

/**
 * The replies of one stream, also over several cursors. Asks for the next one as soon as the last was taken, so at most one reply (16 MB)
 * waits beside the one that is being read.
 */
export class StreamSource implements AsyncDisposable {
  readonly #options: StreamSourceOptions
  readonly #size = new BatchSize()
  #request: StreamRequest
  #stream: ChangeStream | null = null
  #coming: Promise<StreamReply | null> | null = null
  /** The cursor has answered at least once. */
  #hasAnswered = false

  constructor(request: StreamRequest, options: StreamSourceOptions) {
    this.#request = request
    this.#options = options
    options.signal.addEventListener('abort', () => this.#stream?.interrupt(), { once: true })
  }

  /** false: the server has opened the cursor, and not answered yet whether it finds the start. */
  get hasAnswered(): boolean {
    return this.#hasAnswered
  }

  get start(): StreamStart {
    return this.#request.start
  }

  /** Opens a cursor at another start. */
  async open(start: StreamStart = this.#request.start): Promise<void> {
    await this.#close()
    const { connection, config, awaitMs, clock, signal } = this.#options
    this.#request = { ...this.#request, start }
    this.#hasAnswered = false
    const command = await streamCommand(this.#request, config, connection)
    this.#stream = await ChangeStream.open(connection, command, { awaitMs, clock }, signal)
    if (signal.aborted) this.#stream.interrupt()
    this.#ask(this.#stream)
  }

  /** Whether the reply is there within this time. It never throws. */
  async isAnswered(withinMs: number): Promise<boolean> {
    const { clock, signal } = this.#options
    const answered = this.#coming?.then(
      () => true,
      () => true,
    )
    const over = new AbortController()
    const expired = clock.sleep(withinMs, AbortSignal.any([signal, over.signal])).then(
      () => false,
      () => false,
    )
    try {
      return await Promise.race([answered ?? true, expired])
    } finally {
      // Otherwise the wait would keep a process that has ended its work.
      over.abort()
    }
  }

  /** The next reply; null: interrupted. */
  async take(): Promise<StreamReply | null> {
    for (;;) {
      const reply = await this.#answer()
      if (reply === 'again') continue
      if (reply !== null && this.#stream !== null && !reply.isLast) this.#ask(this.#stream)
      return reply
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }

  async #answer(): Promise<StreamReply | null | 'again'> {
    try {
      const reply = (await this.#coming) ?? null
      if (reply === null) return null
      this.#hasAnswered = true
      const { starts, bytes } = reply.events
      this.#size.answered({ events: starts.length, bytes: bytes.length, tookMs: reply.tookMs })
      this.#request = { ...this.#request, start: afterReply(reply, this.#request.start) }
      return reply
    } catch (error) {
      if (!isTimeout(error) || !this.#size.timedOut()) throw error
      const { log } = this.#options
      log.warn({ batchSize: this.#size.value }, 'the server did not answer in time; asking it for fewer events at once')
      await this.open()
      return 'again'
    }
  }

  #ask(stream: ChangeStream): void {
    this.#coming = stream.next(this.#size.value, this.#hasAnswered ? this.#options.awaitMs : FIRST_AWAIT_MS)
    // `take` throws the error.
    this.#coming.catch(() => undefined)
  }

  async #close(): Promise<void> {
    const stream = this.#stream
    this.#stream = null
    await stream?.[Symbol.asyncDispose]()
  }
}

/** MaxTimeMSExpired, ExceededTimeLimit: a server or a proxy limits the time of a getMore. */
function isTimeout(error: unknown): boolean {
  return error instanceof OffbeatError && (error.details['code'] === 50 || error.details['code'] === 262)
}

/** The post-batch token is after the last event of its batch, and before the next. One that is before the start says nothing new. */
function afterReply({ token }: Pick<StreamReply, 'token'>, start: StreamStart): StreamStart {
  const known = start.by === 'time' ? start.after : start.token
  const isBefore = token !== null && known !== null && (compareTokens(token, known) ?? 1) <= 0
  return token === null || isBefore ? start : { by: 'resumeAfter', token }
}
