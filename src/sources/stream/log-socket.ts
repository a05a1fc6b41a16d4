import type { Socket } from 'node:net'
import type { Clock } from '../../model/clock.ts'
import { OffbeatError } from '../../model/error.ts'
import { connectionLost } from '../connect/connection-error.ts'
import { nodeCodeOf } from '../connect/node-error.ts'
import { address, type ServerTarget } from '../connect/server-target.ts'
import { closed } from '../connect/socket.ts'
import { PacedSocket } from './paced-socket.ts'

/** A server with too little CPU time takes seconds to answer, whatever its settings promise. */
const SHORTEST_SILENCE_MS = 4000

export interface LogSocketOptions {
  readonly target: ServerTarget
  readonly clock: Clock
  /** How often the silence is measured and `onTick` is called. */
  readonly everyMs: number
  /** A silence longer than this, and than 4 s, means a broken connection. */
  readonly silenceMs: number
  /** Why the server should have sent something, e.g. 'a reply was requested'. */
  readonly expected: string
  /** Whether we expect anything from the server yet; absent: always. */
  readonly isOwed?: () => boolean
  /** Called while the connection is not broken, with the length of the silence so far. */
  readonly onTick?: (silentMs: number) => void
}

/**
 * The socket of a log's stream, after the login. Gives the data in order, and rethrows the first error on every later call. Distinguishes a
 * silent server from a machine that did not let this process run.
 */
export class LogSocket {
  readonly #socket: Socket
  readonly #options: LogSocketOptions
  readonly #paced: PacedSocket
  readonly #timer: NodeJS.Timeout
  #tickedAtMs: number
  #broken: OffbeatError | null = null
  #isEndExpected = false

  constructor(socket: Socket, options: LogSocketOptions) {
    const { clock, everyMs } = options
    this.#socket = socket
    this.#options = options
    this.#paced = new PacedSocket(socket, () => clock.monotonicMs())
    this.#tickedAtMs = clock.monotonicMs()
    this.#timer = setInterval(() => this.#tick(), everyMs)
  }

  /** The next chunk; null: interrupted. Throws a classified error when the stream is over. */
  async take(): Promise<Buffer | null> {
    const { target } = this.#options
    try {
      const chunk = await this.#paced.take()
      if (chunk !== null || this.#paced.isInterrupted) return chunk
    } catch (error) {
      // The connection was established, so Node's error never means "unreachable" here.
      throw this.fail(connectionLost(target, nodeCodeOf(error) ?? 'the connection ended'))
    }
    throw this.fail(
      this.#isEndExpected
        ? streamEnded(target)
        : connectionLost(target, 'the server closed the connection without an error message'),
    )
  }

  /** The first error is the cause of all others. */
  fail(error: OffbeatError): OffbeatError {
    this.#broken ??= error
    return this.#broken
  }

  /** Call it when the server announced the end of the stream: its end is then not a broken connection. */
  expectEnd(): void {
    this.#isEndExpected = true
  }

  failGarbled(found: string, expected: string): OffbeatError {
    const message = 'the stream does not follow the protocol'
    return this.fail(new OffbeatError('DATABASE_STREAM_BROKEN', { message, found, expected }))
  }

  /** `written` is called once the operating system has the message. */
  write(message: Buffer, written?: () => void): void {
    if (this.#socket.destroyed) return
    this.#socket.write(message, (error) => {
      if (error === null || error === undefined) written?.()
    })
  }

  /** Ends waiting: `take` returns null from now on. */
  interrupt(): void {
    this.#paced.interrupt()
  }

  /** `farewell`: the last message to a server that still reads; null: it does not read any more. */
  async close(farewell: Buffer | null): Promise<void> {
    clearInterval(this.#timer)
    this.#paced.interrupt()
    if (farewell !== null && this.#broken === null && !this.#socket.destroyed) {
      this.#socket.end(farewell)
      this.#paced.discard()
    } else {
      this.#socket.destroy()
    }
    await closed(this.#socket)
  }

  #tick(): void {
    const { target, clock, everyMs, silenceMs, expected, isOwed, onTick } = this.#options
    const nowMs = clock.monotonicMs()
    // If this process was not running for a while, received data is still unread. That is not a silence.
    const wasAsleep = nowMs - this.#tickedAtMs > 2 * everyMs
    this.#tickedAtMs = nowMs
    const { silentMs } = this.#paced
    if (wasAsleep || isOwed?.() === false || silentMs <= Math.max(silenceMs, SHORTEST_SILENCE_MS)) {
      onTick?.(silentMs)
      return
    }
    this.fail(
      connectionLost(target, `the server sent nothing for ${Math.round(silentMs / 1000)} s, though ${expected}`),
    )
    this.#socket.destroy()
  }
}

/** The server ended the stream with a message. */
export function streamEnded(target: ServerTarget): OffbeatError {
  return new OffbeatError('DATABASE_STOPPING', {
    message: `the server ${address(target)} ended the stream: it is shutting down`,
    found: 'the end of the stream, by the server',
  })
}
