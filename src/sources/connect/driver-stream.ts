import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/**
 * A connected socket in the form that the driver expects of its stream. It "connects" immediately. It can be detached from the driver
 * again, and then none of the driver's listeners remain on the socket.
 */
export class DriverStream extends Duplex {
  #socket: Socket
  readonly #data = (chunk: Buffer) => this.#give(chunk)
  readonly #end = () => this.push(null)
  readonly #close = () => this.destroy()
  readonly #error = (error: Error) => this.destroy(error)

  constructor(socket: Socket) {
    super()
    this.#socket = socket
    this.#attach()
  }

  #attach(): void {
    this.#socket.on('data', this.#data).on('end', this.#end).on('close', this.#close).on('error', this.#error)
  }

  /** The driver parses inside `push` and throws on an answer that it does not know. Uncaught, that would end the process. */
  #give(chunk: Buffer): void {
    try {
      this.push(chunk)
    } catch (thrown) {
      this.destroy(thrown instanceof Error ? thrown : new Error('the driver failed'))
    }
  }

  /** Detaches the socket from the driver. It stays paused until a new owner reads it. */
  detach(): Socket {
    const socket = this.#socket
    socket.pause()
    socket.off('data', this.#data).off('end', this.#end).off('close', this.#close).off('error', this.#error)
    return socket
  }

  /** Continues over the socket that `upgrade` returns: TLS, for a protocol that begins without it. */
  async upgrade(upgrade: (raw: Socket) => Promise<Socket>): Promise<void> {
    this.#socket = await upgrade(this.detach())
    this.#attach()
  }

  connect(): this {
    process.nextTick(() => this.emit('connect'))
    return this
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    this.#socket.ref()
    return this
  }

  unref(): this {
    this.#socket.unref()
    return this
  }

  override _read(): void {
    // The server's answers to our own statements are small, so data is pushed as it arrives, without back-pressure.
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done)
  }

  override _final(done: () => void): void {
    this.#socket.end()
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }
}
