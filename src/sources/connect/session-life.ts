import type { Socket } from 'node:net'
import type { OffbeatError } from '../../model/error.ts'
import { connectionLost, noAnswer } from './connection-error.ts'
import type { ServerTarget } from './server-target.ts'
import { closed } from './socket.ts'

const STATEMENT_TIMEOUT_MS = 20_000

export interface StatementOptions {
  readonly signal?: AbortSignal
  /** Default: 20 s; null: no timeout. */
  readonly timeoutMs?: number | null
}

/** Tracks whether a session over a socket still works. After a timeout, an abort or a broken connection it is closed for good. */
export class SessionLife {
  readonly #socket: Socket
  readonly #target: ServerTarget
  #over: OffbeatError | null = null
  #isHandedOver = false

  constructor(socket: Socket, target: ServerTarget) {
    this.#socket = socket
    this.#target = target
  }

  get isOpen(): boolean {
    return this.#over === null
  }

  /** Only the first reason is kept and reported. */
  end(reason: OffbeatError): void {
    this.#over ??= reason
  }

  /** Gives up the socket to another owner, who closes it. Call it between two statements. */
  handOver(): void {
    if (this.#over !== null) throw this.#over
    this.#isHandedOver = true
    this.end(connectionLost(this.#target, 'the connection was handed over'))
  }

  /** Runs one statement. `explain` classifies what `work` threw. */
  async run<T>(
    work: () => Promise<T>,
    explain: (thrown: unknown) => OffbeatError,
    options: StatementOptions,
  ): Promise<T> {
    const { signal, timeoutMs = STATEMENT_TIMEOUT_MS } = options
    if (this.#over !== null) throw this.#over
    signal?.throwIfAborted()
    const abort = () => this.#breakOff(connectionLost(this.#target, 'stopped by Offbeat'))
    const timer =
      timeoutMs === null ? undefined : setTimeout(() => this.#breakOff(noAnswer(this.#target, timeoutMs)), timeoutMs)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return await work()
    } catch (thrown) {
      throw this.#over ?? explain(thrown)
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Waits at most a second for a server that does not answer the farewell message. */
  async close(sayFarewell: () => void): Promise<void> {
    if (this.#isHandedOver || this.#socket.closed) return
    if (this.#over === null) {
      this.end(connectionLost(this.#target, 'closed by Offbeat'))
      sayFarewell()
    } else {
      this.#socket.destroy()
    }
    await closed(this.#socket)
  }

  #breakOff(reason: OffbeatError): void {
    this.end(reason)
    this.#socket.destroy()
  }
}
