import type { Socket } from 'node:net'
import type { Clock } from '../../model/clock.ts'
import { OffbeatError } from '../../model/error.ts'
import { connectionLost } from '../connect/connection-error.ts'
import { nodeCodeOf } from '../connect/node-error.ts'
import { address, type ServerTarget } from '../connect/server-target.ts'
import { closed } from '../connect/socket.ts'
import { PacedSocket } from './paced-socket.ts'

/** A server that is short of processor time takes seconds to answer, whatever its settings promise. */
const SHORTEST_SILENCE_MS = 4000

export interface LogSocketOptions {
  readonly target: ServerTarget
  readonly clock: Clock
  /** How often the silence is measured, and `onTick` called. */
  readonly everyMs: number
  /** A longer silence is a broken connection, but at least 4 s. */
  readonly silenceMs: number
  /** Why the server should have said something, e.g. 'a reply was requested'. */
  readonly expected: string
  /** Whether the server owes us anything yet; absent: always. */
  readonly isOwed?: () => boolean
  /** Called where the connection is not broken, with the silence so far. */
  readonly onTick?: (silentMs: number) => void
}

/**
 * The socket of a log's stream, once it has been logged in: pieces in order, the first error for all that come later, and silence told from a
 * machine that did not let us run.
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

  /** The next piece; null: interrupted. Throws a classified error when the stream is over. */
  async take(): Promise<Buffer | null> {
    const { target } = this.#options
    try {
      const chunk = await this.#paced.take()
      if (chunk !== null || this.#paced.isInterrupted) return chunk
    } catch (error) {
      // Node's error of a connection that was up: never "unreachable".
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

  /** The server said that it ends the stream: its end is no broken connection. */
  expectEnd(): void {
    this.#isEndExpected = true
  }

  failGarbled(found: string, expected: string): OffbeatError {
    const message = 'the stream does not follow the protocol'
    return this.fail(new OffbeatError('DATABASE_STREAM_BROKEN', { message, found, expected }))
  }

  /** `written` is called once the system has the message. */
  write(message: Buffer, written?: () => void): void {
    if (this.#socket.destroyed) return
    this.#socket.write(message, (error) => {
      if (error === null || error === undefined) written?.()
    })
  }

  /** Ends waiting: `take` gives null from now on. */
  interrupt(): void {
    this.#paced.interrupt()
  }

  /** `farewell`: what the server is sent, where it still reads; null: it does not. */
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
    // After a time in which we were not let run, what has come waits unread: it is not silence.
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

/** The server ended the stream by a message. */
export function streamEnded(target: ServerTarget): OffbeatError {
  return new OffbeatError('DATABASE_STOPPING', {
    message: `the server ${address(target)} ended the stream: it is shutting down`,
    found: 'the end of the stream, by the server',
  })
}
