import type { ByteConstant } from './byte-constant.ts'

const latin1 = 'latin1'
/** Texts up to this length are written here, which is faster than a call into the runtime. */
const SHORT_TEXT = 32
/** Blocks below this size are copied here. */
const SHORT_BLOCK = 12
/** A larger block is left to the garbage collector. */
const LARGEST_SPARE = 16 * 1024 * 1024
const AS_MUCH_AGAIN = 17 / 16
/** A block up to this size doubles when it grows. A larger one grows by a quarter. */
const DOUBLED_UP_TO_BYTES = 64 * 1024 * 1024
const A_QUARTER_MORE = 5 / 4

/**
 * A growing block of bytes that the hot path writes into. `bytes` and `view` are replaced when the block grows, so read them again after
 * each write.
 */
export class ByteWriter {
  bytes: Buffer
  /** The same memory as `bytes`, to write several bytes in one step. */
  view: DataView
  length = 0
  /** Called with the required length before a block grows. It can throw. */
  mayGrow: ((needed: number) => void) | null = null
  readonly #capacity: number
  #spare: Buffer | null = null

  constructor(capacity: number) {
    this.#capacity = capacity
    this.bytes = Buffer.allocUnsafeSlow(capacity)
    this.view = viewOf(this.bytes)
  }

  /** Makes room for `count` more bytes. Call it before writing to `bytes` and `length` directly. */
  reserve(count: number): void {
    const needed = this.length + count
    if (needed <= this.bytes.length) return
    this.mayGrow?.(needed)
    const larger = needed > DOUBLED_UP_TO_BYTES ? Math.ceil(needed * A_QUARTER_MORE) : this.bytes.length * 2
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, larger))
    this.bytes.copy(grown, 0, 0, this.length)
    this.#use(grown)
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.reserve(1)
    this.bytes[this.length++] = value
  }

  /** Writes text whose characters are all below U+0100. */
  ascii(text: string): void {
    this.reserve(text.length)
    if (text.length > SHORT_TEXT) {
      this.length += this.bytes.write(text, this.length, latin1)
      return
    }
    const to = this.bytes
    let at = this.length
    for (let i = 0; i < text.length; i++) to[at++] = text.charCodeAt(i)
    this.length = at
  }

  utf8(text: string): void {
    this.reserve(text.length * 3)
    this.length += this.bytes.write(text, this.length, 'utf8')
  }

  /** Writes a whole block. A call into the runtime costs as much as a dozen bytes. */
  append(block: Uint8Array): void {
    const count = block.length
    this.reserve(count)
    if (count < SHORT_BLOCK) {
      const to = this.bytes
      for (let i = 0, at = this.length; i < count; i++) to[at++] = block[i] as number
    } else {
      this.bytes.set(block, this.length)
    }
    this.length += count
  }

  /** Writes eight bytes in each step, up to seven too many, which the next write replaces. */
  constant({ length, bytes, words }: ByteConstant): void {
    if (words === null) {
      this.append(bytes)
      return
    }
    this.reserve(words.length * 8)
    const { view, length: start } = this
    for (let i = 0; i < words.length; i++) view.setFloat64(start + i * 8, words[i] as number, true)
    this.length = start + length
  }

  copy(from: Uint8Array, start: number, end: number): void {
    const count = end - start
    this.reserve(count)
    const to = this.bytes
    let at = this.length
    if (count < 48) {
      for (let i = start; i < end; i++) to[at++] = from[i] as number
    } else {
      to.set(start === 0 && end === from.length ? from : from.subarray(start, end), at)
    }
    this.length += count
  }

  /**
   * Returns the bytes written so far as a block that owns its memory. The writer starts again with room for the same amount, so that a busy
   * writer does not grow each block step by step. A block that is mostly empty is copied, so that many small batches do not each keep a
   * large block.
   */
  take(): Buffer {
    const taken = this.length * 2 < this.#capacity ? this.#copyOut() : this.bytes.subarray(0, this.length)
    if (taken.buffer === this.bytes.buffer || this.bytes.length > this.#capacity) {
      this.#use(this.#block(Math.max(this.#capacity, Math.ceil(this.length * AS_MUCH_AGAIN))))
    }
    this.length = 0
    return taken
  }

  /**
   * Gives back a block from `take` that nobody uses any more. Otherwise the garbage collector has to run for every few blocks, which costs
   * as much time as decoding and writing them.
   */
  giveBack(block: Uint8Array): void {
    const { buffer, byteOffset } = block
    if (byteOffset !== 0 || buffer.byteLength < (this.#spare?.length ?? this.#capacity)) return
    if (buffer.byteLength <= LARGEST_SPARE) this.#spare = Buffer.from(buffer)
  }

  #use(block: Buffer): void {
    this.bytes = block
    this.view = viewOf(block)
  }

  #block(capacity: number): Buffer {
    const spare = this.#spare
    if (spare === null || spare.length < capacity) return Buffer.allocUnsafeSlow(capacity)
    this.#spare = null
    return spare
  }

  #copyOut(): Buffer {
    const copy = Buffer.allocUnsafeSlow(this.length)
    this.bytes.copy(copy, 0, 0, this.length)
    return copy
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length)
}
