import { OffbeatError } from '../../model/error.ts'

/** How the messages of one protocol follow each other: each begins with a header, which has its size. */
export interface Framing {
  readonly headerBytes: number
  /** Where a message presents itself, from its first byte on: behind what only the framing needs. */
  readonly bodyAt: number
  /** Of the whole message whose header lies at `at`. Throws DATABASE_STREAM_BROKEN for a size that no message has. */
  sizeOf(bytes: Buffer, at: number): number
}

/**
 * Cuts a server's bytes into messages.
 *
 * `push` a chunk, then `advance` until it is false; after each `true` the message lies in `bytes` from `start` to `end`. A message within
 * one chunk is not copied; one that spans chunks is put together in a block of its own.
 */
export class MessageFramer {
  bytes: Buffer = Buffer.alloc(0)
  start = 0
  end = 0
  readonly #framing: Framing
  #chunk: Buffer = Buffer.alloc(0)
  #at = 0
  /** The beginning of a message that goes on in the next chunk: as long as its header, or as the message once that is known. */
  #partial: Buffer | null = null
  #partialLength = 0

  constructor(framing: Framing) {
    this.#framing = framing
  }

  /** To be called only after `advance` gave false. */
  push(chunk: Buffer): void {
    if (this.#at < this.#chunk.length) {
      throw new OffbeatError('DEFECT', { message: 'bytes of the stream were about to be skipped' })
    }
    this.#chunk = chunk
    this.#at = 0
  }

  /** Bytes of a message whose end has not been pushed. */
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
