import { OffbeatError } from '../../../model/error.ts'
import { HEADER_BYTES, SIZE_AT } from './event-header.ts'

/** The largest packet of the protocol, and so the largest event. */
const LONGEST_BYTES = 0x4000_0000 + HEADER_BYTES

/**
 * Cuts bytes that hold one event after the other (a file behind its first four bytes, an unpacked TRANSACTION_PAYLOAD) into events.
 *
 * `push` a chunk, then `advance` until it is false; after each `true` the event lies in `bytes` from `start` to `end`, its header first.
 * An event within one chunk is not copied; one that spans chunks is put together in a block of its own.
 */
export class EventFramer {
  bytes: Buffer = Buffer.alloc(0)
  start = 0
  end = 0
  #chunk: Buffer = Buffer.alloc(0)
  #at = 0
  /** The beginning of an event that goes on in the next chunk: as long as its header, or as the event once that is known. */
  #partial: Buffer | null = null
  #partialLength = 0

  /** To be called only after `advance` gave false. */
  push(chunk: Buffer): void {
    if (this.#at < this.#chunk.length) {
      throw new OffbeatError('DEFECT', { message: 'bytes of the binary log were about to be skipped' })
    }
    this.#chunk = chunk
    this.#at = 0
  }

  /** Bytes of an event whose end has not been pushed. */
  get pending(): number {
    return this.#partial === null ? this.#chunk.length - this.#at : this.#partialLength
  }

  advance(): boolean {
    if (this.#partial !== null) return this.#completePartial(this.#partial)
    const left = this.#chunk.length - this.#at
    if (left >= HEADER_BYTES) {
      const size = sizeOf(this.#chunk, this.#at)
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
    const whole = left >= HEADER_BYTES ? sizeOf(this.#chunk, this.#at) : HEADER_BYTES
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
    const size = sizeOf(partial, 0)
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
    this.start = at
    this.end = at + size
  }
}

function sizeOf(bytes: Buffer, at: number): number {
  const size = bytes.readUInt32LE(at + SIZE_AT)
  if (size >= HEADER_BYTES && size <= LONGEST_BYTES) return size
  throw new OffbeatError('DATABASE_STREAM_BROKEN', {
    message: 'the binary log does not follow its format',
    found: `an event of type ${bytes[at + 4] ?? 0} with a size of ${size} bytes`,
    expected: `a size of at least ${HEADER_BYTES} bytes and at most 1 GiB`,
  })
}
