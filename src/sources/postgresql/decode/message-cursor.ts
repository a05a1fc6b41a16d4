import type { OffbeatError } from '../../../model/error.ts'
import { malformed } from './protocol-error.ts'

/** Reads the parts of one message in their order and never beyond its end. For all messages but rows, which have a way of their own. */
export class MessageCursor {
  readonly bytes: Buffer
  /** For errors. */
  readonly kind: string
  readonly #start: number
  readonly #end: number
  #at: number

  /** `start`: of the message, whose first byte is its kind; the parts begin after it. */
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

  /** Where eight bytes begin, which have been passed over. */
  eightBytesAt(): number {
    return this.#take(8)
  }

  /** Text up to a zero byte. */
  text(): string {
    const zero = this.bytes.indexOf(0, this.#at)
    if (zero < 0 || zero >= this.#end) throw this.malformed('a text does not end')
    const text = this.bytes.toString('utf8', this.#at, zero)
    this.#at = zero + 1
    return text
  }

  /** `count` bytes as text. */
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
