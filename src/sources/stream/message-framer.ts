import { OffbeatError } from '../../model/error.ts'

/** How a protocol frames its messages: each begins with a header that contains its size. */
export interface Framing {
  readonly headerBytes: number
  /** Where `start` is set, counted from the message's first byte: after the bytes that only the framing needs. */
  readonly bodyAt: number
  /** The size of the whole message whose header is at `at`. Throws DATABASE_STREAM_BROKEN for an impossible size. */
  sizeOf(bytes: Buffer, at: number): number
}

/**
 * Splits a server's bytes into messages.
 *
 * `push` a chunk, then call `advance` until it returns false. After each `true`, the message is in `bytes` from `start` to `end`. A message
 * within one chunk is not copied. One that spans chunks is assembled in a buffer of its own.
 */
export class MessageFramer {
  bytes: Buffer = Buffer.alloc(0)
  start = 0
  end = 0
  readonly #framing: Framing
  #chunk: Buffer = Buffer.alloc(0)
  #at = 0
  /** A buffer for a message that continues in the next chunk. It has the size of the header, or of the message once that is known. */
  #partial: Buffer | null = null
  #partialLength = 0

  constructor(framing: Framing) {
    this.#framing = framing
  }

  /** Call it only after `advance` returned false. */
  push(chunk: Buffer): void {
    if (this.#at < this.#chunk.length) {
      throw new OffbeatError('DEFECT', { message: 'bytes of the stream were about to be skipped' })
    }
    this.#chunk = chunk
    this.#at = 0
  }

  /** The number of bytes of a message whose end has not been pushed. */
  get pending(): number {
    return this.#partial === null ? this.#chunk.length - this.#at : this.#partialLength
  }

  advance(): boolean {
    if (this.#partial !== null) return this.#completePartial(this.#partial)
    const left = this.#chunk.length - this.#at
    if (left >= this.#framing.headerBytes) {
      const size = this.#framing.sizeOf(this.#chunk, this.#at)
      if (left >= size) {
        this.#present(this.#chunk, this.#at, size)
        this.#at += size
        return true
      }
    }
    if (left > 0) this.#keepRest(left)
    return false
  }

  #keepRest(left: number): void {
    const { headerBytes, sizeOf } = this.#framing
    const partial = Buffer.allocUnsafeSlow(left >= headerBytes ? sizeOf(this.#chunk, this.#at) : headerBytes)
    this.#chunk.copy(partial, 0, this.#at)
    this.#partial = partial
    this.#partialLength = left
    this.#at = this.#chunk.length
  }

  #completePartial(partial: Buffer): boolean {
    const take = Math.min(partial.length - this.#partialLength, this.#chunk.length - this.#at)
    this.#chunk.copy(partial, this.#partialLength, this.#at, this.#at + take)
    this.#partialLength += take
    this.#at += take
    if (this.#partialLength < partial.length) return false
    const size = this.#framing.sizeOf(partial, 0)
    if (partial.length < size) {
      const grown = Buffer.allocUnsafeSlow(size)
      partial.copy(grown)
      this.#partial = grown
      return this.#completePartial(grown)
    }
    this.#partial = null
    this.#partialLength = 0
    this.#present(partial, 0, size)
    return true
  }

  #present(bytes: Buffer, at: number, size: number): void {
    this.bytes = bytes
    this.start = at + this.#framing.bodyAt
    this.end = at + size
  }
}
