import type { ByteWriter } from '../model/byte-writer.ts'

const NO_BYTES = new Uint8Array(0)

/**
 * A part that consecutive messages have in common. The first message after `renew` writes it piece by piece. Only the second one keeps a
 * copy for later messages, because most transactions have one row.
 */
export class RepeatedBytes {
  readonly #write: (to: ByteWriter) => void
  #uses = 0
  #bytes = NO_BYTES

  constructor(write: (to: ByteWriter) => void) {
    this.#write = write
  }

  /** Call it when the part has changed. */
  renew(): void {
    this.#uses = 0
  }

  write(to: ByteWriter): void {
    if (this.#uses > 1) {
      to.append(this.#bytes)
      return
    }
    const start = to.length
    this.#write(to)
    this.#uses++
    if (this.#uses > 1) this.#bytes = Uint8Array.from(to.bytes.subarray(start, to.length))
  }
}
