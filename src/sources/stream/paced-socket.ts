import type { Socket } from 'node:net'
import { ReadPace } from './read-pace.ts'

/** If one turn of the event loop gave this much, more is waiting: it is read without a pause. */
const PLENTY_BYTES = 2 * 1024 * 1024
const BUFFER_BYTES = 4 * 1024 * 1024

/**
 * Reads a socket in large chunks, at most 4 MiB ahead of the consumer. After a read it pauses, so that the operating system collects what
 * the server writes row by row. `ReadPace` determines the length of the pause. No timer runs on a silent socket.
 */
export class PacedSocket {
  readonly #socket: Socket
  readonly #clock: () => number
  #chunks: Buffer[] = []
  #queuedBytes = 0
  #turnBytes = 0
  #turn: NodeJS.Immediate | null = null
  #pause: NodeJS.Timeout | null = null
  readonly #pace: ReadPace
  #bytesSincePause = 0
  /** Bytes that Node had already buffered before the pause. They arrive first and say nothing about the pace. */
  #leftoverBytes = 0
  #full = false
  #stopped = false
  #ended: { readonly error: Error | null } | null = null
  #wake: (() => void) | null = null
  #lastByteAtMs: number

  constructor(socket: Socket, monotonicMs: () => number) {
    this.#socket = socket
    this.#clock = monotonicMs
    this.#lastByteAtMs = monotonicMs()
    this.#pace = new ReadPace(monotonicMs())
    socket.on('data', this.#onData).on('error', this.#onError).on('end', this.#onEnd).on('close', this.#onEnd)
    socket.resume()
  }

  get isInterrupted(): boolean {
    return this.#stopped
  }

  /** How long nothing has arrived while we were reading. */
  get silentMs(): number {
    return this.#stopped || this.#full || this.#chunks.length > 0 ? 0 : this.#clock() - this.#lastByteAtMs
  }

  /** The next chunk; null at the end of the stream or after `interrupt`. Throws Node's error if the connection broke. */
  async take(): Promise<Buffer | null> {
    for (;;) {
      if (this.#stopped) return null
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) {
        this.#taken(chunk.length)
        return chunk
      }
      if (this.#ended !== null) {
        if (this.#ended.error !== null) throw this.#ended.error
        return null
      }
      await this.#arrival()
    }
  }

  /** Makes the pending and all later calls of `take` return null. Nothing more is read. */
  interrupt(): void {
    this.#stopped = true
    this.#chunks = []
    this.#queuedBytes = 0
    this.#stopTimers()
    this.#socket.pause()
    this.#wake?.()
  }

  /** After `interrupt`: reads and discards what still arrives, so that the socket can reach its end. */
  discard(): void {
    this.#socket.resume()
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#lastByteAtMs = this.#clock()
    if (this.#stopped) return
    this.#chunks.push(chunk)
    this.#queuedBytes += chunk.length
    this.#turnBytes += chunk.length
    if (this.#queuedBytes >= BUFFER_BYTES && !this.#full) {
      this.#full = true
      this.#socket.pause()
    }
    this.#turn ??= setImmediate(this.#endOfTurn)
  }

  readonly #endOfTurn = (): void => {
    this.#turn = null
    const bytes = this.#turnBytes
    const onlyLeftover = this.#leftoverBytes > 0 && bytes <= this.#leftoverBytes
    this.#bytesSincePause += bytes
    this.#turnBytes = 0
    this.#leftoverBytes = 0
    this.#wake?.()
    if (this.#stopped || this.#full || onlyLeftover || this.#ended !== null) return
    if (bytes >= PLENTY_BYTES) return
    const pauseMs = this.#pace.next(this.#bytesSincePause, this.#clock())
    this.#bytesSincePause = 0
    this.#socket.pause()
    this.#pause = setTimeout(this.#endOfPause, pauseMs)
  }

  readonly #endOfPause = (): void => {
    this.#pause = null
    this.#leftoverBytes = this.#socket.readableLength
    this.#resume()
  }

  readonly #onError = (error: Error): void => {
    this.#ended ??= { error }
    this.#wake?.()
  }

  readonly #onEnd = (): void => {
    this.#ended ??= { error: null }
    this.#wake?.()
  }

  #taken(bytes: number): void {
    this.#queuedBytes -= bytes
    if (!this.#full || this.#queuedBytes > BUFFER_BYTES / 2) return
    this.#full = false
    this.#lastByteAtMs = this.#clock()
    this.#resume()
  }

  #resume(): void {
    if (this.#pause === null && !this.#full && !this.#stopped) this.#socket.resume()
  }

  #stopTimers(): void {
    if (this.#turn !== null) clearImmediate(this.#turn)
    if (this.#pause !== null) clearTimeout(this.#pause)
    this.#pause = null
    this.#turn = null
  }

  async #arrival(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    await promise
    this.#wake = null
  }
}
