import type { OffbeatError } from '../../../../model/error.ts'
import { type EventPosition, invalidEvent } from './event-position.ts'

/** Reads the fields of one event in order and never past its end. Rows are decoded separately (row-image.ts). */
export class EventCursor {
  readonly bytes: Buffer
  readonly position: EventPosition
  at: number
  readonly #end: number

  /** `start`: after the header. `end`: before the checksum. */
  constructor(position: EventPosition, bytes: Buffer, start: number, end: number) {
    this.position = position
    this.bytes = bytes
    this.at = start
    this.#end = end
  }

  get end(): number {
    return this.#end
  }

  get left(): number {
    return this.#end - this.at
  }

  u8(): number {
    return this.bytes[this.#take(1)] ?? 0
  }

  u16(): number {
    return this.bytes.readUInt16LE(this.#take(2))
  }

  u32(): number {
    return this.bytes.readUInt32LE(this.#take(4))
  }

  /** An unsigned number of up to six bytes. */
  unsigned(count: number): number {
    return this.bytes.readUIntLE(this.#take(count), count)
  }

  u64(): bigint {
    return this.bytes.readBigUInt64LE(this.#take(8))
  }

  i64(): bigint {
    return this.bytes.readBigInt64LE(this.#take(8))
  }

  /** A signed number of 64 bits: a bigint only if a number would not be exact. */
  integer64(): number | bigint {
    const at = this.#take(8)
    const value = this.bytes.readInt32LE(at + 4) * 0x1_0000_0000 + this.bytes.readUInt32LE(at)
    return Number.isSafeInteger(value) ? value : this.bytes.readBigInt64LE(at)
  }

  /** A length-encoded integer: one byte, or two, three or eight bytes after 0xfc, 0xfd or 0xfe. */
  lenenc(): number {
    const first = this.u8()
    if (first < 0xfb) return first
    if (first === 0xfc) return this.u16()
    if (first === 0xfd) return this.unsigned(3)
    const value = first === 0xfe ? Number(this.u64()) : Number.NaN
    if (Number.isSafeInteger(value)) return value
    throw this.invalid('a number of impossible length')
  }

  /** `count` bytes as text in UTF-8. */
  text(count: number): string {
    const at = this.#take(count)
    return this.bytes.toString('utf8', at, at + count)
  }

  /** A copy of the next `count` bytes. */
  copy(count: number): Buffer {
    const at = this.#take(count)
    return Buffer.from(this.bytes.subarray(at, at + count))
  }

  /** A cursor over the next `count` bytes. This cursor skips them. */
  part(count: number): EventCursor {
    const at = this.#take(count)
    return new EventCursor(this.position, this.bytes, at, at + count)
  }

  skip(count: number): void {
    this.#take(count)
  }

  finish(): void {
    if (this.left !== 0) throw this.invalid(`${this.left} bytes too many`)
  }

  invalid(wrong: string): OffbeatError {
    return invalidEvent(this.position, wrong)
  }

  #take(count: number): number {
    const at = this.at
    if (count > this.#end - at) throw this.invalid('it ends too early')
    this.at = at + count
    return at
  }
}
