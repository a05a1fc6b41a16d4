import type { OffbeatError } from '../../../model/error.ts'
import { malformed } from './protocol-error.ts'

/** Reads the parts of one message in order and never beyond its end. It is used for all messages except rows, which tuple.ts reads. */
export class MessageCursor {
  readonly bytes: Buffer
  /** Used in errors. */
  readonly kind: string
  readonly #start: number
  readonly #end: number
  #at: number

  /** `start`: the first byte of the message, which is its kind. The parts begin after it. */
  constructor(kind: string, bytes: Buffer, start: number, end: number) {
    this.kind = kind
    this.bytes = bytes
    this.#start = start
    this.#end = end
    this.#at = start + 1
  }

  uint8(): number {
    return this.bytes.readUInt8(this.#take(1))
  }

  uint16(): number {
    return this.bytes.readUInt16BE(this.#take(2))
  }

  uint32(): number {
    return this.bytes.readUInt32BE(this.#take(4))
  }

  /** Skips eight bytes and returns where they begin. */
  eightBytesAt(): number {
    return this.#take(8)
  }

  /** Reads text up to a zero byte. */
  text(): string {
    const zero = this.bytes.indexOf(0, this.#at)
    if (zero < 0 || zero >= this.#end) throw this.malformed('a text does not end')
    const text = this.bytes.toString('utf8', this.#at, zero)
    this.#at = zero + 1
    return text
  }

  /** Reads `count` bytes as text. */
  textOf(count: number): string {
    const at = this.#take(count)
    return this.bytes.toString('utf8', at, at + count)
  }

  skip(count: number): void {
    this.#take(count)
  }

  finish(): void {
    if (this.#at !== this.#end) throw this.malformed(`${this.#end - this.#at} bytes too many`)
  }

  malformed(wrong: string): OffbeatError {
    return malformed(this.kind, this.#at - this.#start, wrong)
  }

  #take(count: number): number {
    const at = this.#at
    if (count > this.#end - at) throw this.malformed('it ends too early')
    this.#at = at + count
    return at
  }
}
