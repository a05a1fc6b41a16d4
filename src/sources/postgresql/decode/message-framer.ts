import { OffbeatError } from '../../../model/error.ts'

const HEADER_BYTES = 5
/** What the server can send in one message: its own limit is 1 GiB. */
const LONGEST_BYTES = 0x4000_0000

/**
 * Cuts the server's bytes into messages.
 *
 * Grammar: each message is a byte for its kind, four bytes of length (the length counts itself, not the kind), and the body.
 *
 * `push` a chunk, then `advance` until it is false; after each `true` the message lies in `bytes` from `start` to `end`. A message within
 * one chunk is not copied; one that spans chunks is put together in a block of its own.
 */
export class MessageFramer {
  kind = 0
  bytes: Buffer = Buffer.alloc(0)
  start = 0
  end = 0
  #chunk: Buffer = Buffer.alloc(0)
  #at = 0
  /** The beginning of a message that goes on in the next chunk. */
  #partial: Buffer | null = null
  #partialLength = 0

  /** To be called only after `advance` gave false. */
  push(chunk: Buffer): void {
    if (this.#at < this.#chunk.length) {
      throw new OffbeatError('DEFECT', { message: 'bytes of the stream were about to be skipped' })
    }
    this.#chunk = chunk
    this.#at = 0
  }

  advance(): boolean {
    if (this.#partial !== null) return this.#completePartial(this.#partial)
    const left = this.#chunk.length - this.#at
    if (left >= HEADER_BYTES) {
      const length = this.#lengthOf(this.#chunk, this.#at)
      if (left > length) {
        this.#present(this.#chunk, this.#at, length)
        this.#at += length + 1
        return true
      }
    }
    if (left > 0) this.#keepRest(left)
    return false
  }

  #keepRest(left: number): void {
    const whole = left >= HEADER_BYTES ? this.#lengthOf(this.#chunk, this.#at) + 1 : HEADER_BYTES
    const partial = Buffer.allocUnsafeSlow(whole)
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
    const length = this.#lengthOf(partial, 0)
    if (partial.length < length + 1) {
      const grown = Buffer.allocUnsafeSlow(length + 1)
      partial.copy(grown)
      this.#partial = grown
      return this.#completePartial(grown)
    }
    this.#partial = null
    this.#present(partial, 0, length)
    return true
  }

  #present(bytes: Buffer, at: number, length: number): void {
    this.kind = bytes[at] ?? 0
    this.bytes = bytes
    this.start = at + HEADER_BYTES
    this.end = at + 1 + length
  }

  #lengthOf(bytes: Buffer, at: number): number {
    const length = bytes.readUInt32BE(at + 1)
    if (length >= HEADER_BYTES - 1 && length < LONGEST_BYTES) return length
    throw new OffbeatError('DATABASE_STREAM_BROKEN', {
      message: 'the stream does not follow the protocol',
      found: `a message of kind ${bytes[at] ?? 0} with a length of ${length} bytes`,
      expected: 'a length of at least 4 bytes and below 1 GiB',
    })
  }
}
