import type { ClientSession, Document } from 'mongodb'
import type { Clock } from '../../../model/clock.ts'
import type { MongodbConnection } from '../connect/connection.ts'
import { type ReplyEvents, readCursorReply } from '../decode/cursor-reply.ts'
import type { ResumeToken } from '../position/resume-token.ts'
import type { StreamCommand } from './stream-request.ts'

/**
 * A server forgets a session 30 minutes after its last command, and the cursor with it. Before 4.4.8 it closes a cursor that nobody reads
 * after 10 minutes, whatever its session does; the stream is then opened again from the stored offset.
 */
const REFRESH_MS = 60_000
const KILL_TIMEOUT_MS = 2000

/** The answer to one `getMore`. */
export interface StreamReply {
  readonly events: ReplyEvents
  /** The token of a point that all events so far are before or at, and all others after. null: the server gave none. */
  readonly token: ResumeToken | null
  /** The server has closed the cursor: the last event invalidates the stream. */
  readonly isLast: boolean
  readonly tookMs: number
}

export interface ChangeStreamOptions {
  /** How long the server waits for an event before it answers that there is none. */
  readonly awaitMs: number
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** How often an unread cursor's session is refreshed. Absent: once a minute. */
  readonly refreshMs?: number
}

/** One cursor over a change stream. While nobody calls `next`, its session is kept alive. */
export class ChangeStream implements AsyncDisposable {
  readonly #connection: MongodbConnection
  readonly #session: ClientSession
  readonly #options: ChangeStreamOptions
  readonly #cursor: { readonly id: unknown; readonly database: string; readonly collection: string }
  #isOpen = true
  #interrupted = false
  #interrupt: () => void = () => undefined
  #refreshing: NodeJS.Timeout | null = null

  private constructor(
    { connection, session }: { readonly connection: MongodbConnection; readonly session: ClientSession },
    cursor: Document,
    options: ChangeStreamOptions,
  ) {
    this.#connection = connection
    this.#session = session
    this.#options = options
    const namespace = String(cursor['ns'])
    const dot = namespace.indexOf('.')
    this.#cursor = { id: cursor['id'], database: namespace.slice(0, dot), collection: namespace.slice(dot + 1) }
  }

  /** Resolves when the server has a cursor. Whether it finds the start shows in its first answer. */
  static async open(
    connection: MongodbConnection,
    { database, command }: StreamCommand,
    options: ChangeStreamOptions,
    signal: AbortSignal,
  ): Promise<ChangeStream> {
    const session = connection.startSession()
    try {
      const { cursor } = await connection.command(database, command, { session, signal })
      return new ChangeStream({ connection, session }, cursor, options)
    } catch (error) {
      await session.endSession()
      throw error
    }
  }

  /** The next answer; null: interrupted. `awaitMs`: other than for most answers. Not to be called before the last one has come. */
  async next(batchSize: number, awaitMs = this.#options.awaitMs): Promise<StreamReply | null> {
    this.#stopRefreshing()
    const answer = Promise.withResolvers<StreamReply | null>()
    this.#interrupt = () => answer.resolve(null)
    if (this.#interrupted) return null
    this.#ask(batchSize, awaitMs).then(answer.resolve, answer.reject)
    return await answer.promise
  }

  /** Ends waiting: `next` returns null from now on. */
  interrupt(): void {
    this.#interrupted = true
    this.#interrupt()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.interrupt()
    this.#stopRefreshing()
    if (this.#isOpen && this.#connection.isOpen) await this.#kill()
    this.#isOpen = false
    await this.#session.endSession()
  }

  async #ask(batchSize: number, awaitMs: number): Promise<StreamReply> {
    const { clock } = this.#options
    const { id, database, collection } = this.#cursor
    const sinceMs = clock.monotonicMs()
    const command = { getMore: id, collection, batchSize, maxTimeMS: awaitMs }
    const { cursor } = await this.#command(database, command)
    const { cursorId, events, token } = readCursorReply(cursor)
    this.#isOpen = cursorId !== 0n
    if (this.#isOpen) this.#keepAlive()
    return { events, token, isLast: !this.#isOpen, tookMs: clock.monotonicMs() - sinceMs }
  }

  /** After an error, the server has closed the cursor. */
  async #command(database: string, command: Document): Promise<Document> {
    try {
      // The connection has its own limit for a server that says nothing.
      return await this.#connection.command(database, command, { session: this.#session, raw: true, timeoutMs: null })
    } catch (error) {
      this.#isOpen = false
      throw error
    }
  }

  #keepAlive(): void {
    const refresh = () => {
      const sessions = [this.#session.id]
      // If it fails, the next `getMore` shows why.
      this.#connection.command('admin', { refreshSessions: sessions }).catch(() => undefined)
    }
    this.#stopRefreshing()
    if (!this.#interrupted) this.#refreshing = setInterval(refresh, this.#options.refreshMs ?? REFRESH_MS)
  }

  #stopRefreshing(): void {
    if (this.#refreshing !== null) clearInterval(this.#refreshing)
    this.#refreshing = null
  }

  async #kill(): Promise<void> {
    const { id, database, collection } = this.#cursor
    const command = { killCursors: collection, cursors: [id] }
    // A server that cannot be asked any more has closed it, or does with the session.
    await this.#connection.command(database, command, { timeoutMs: KILL_TIMEOUT_MS }).catch(() => undefined)
  }
}
