import type { ByteWriter } from '../model/byte-writer.ts'
import { writePlain, writeString } from './plain-text.ts'

const QUOTE = 0x22
/** The bytes of a longer text are not kept. */
const KEPT_BYTES = 64

/** A text that one message contains several times, as bytes once it was written. */
export class SequenceText {
  #text: string | undefined
  readonly #bytes = new Uint8Array(KEPT_BYTES)
  /** 0: the bytes are not kept. */
  #length = 0

  get text(): string | undefined {
    return this.#text
  }

  set(text: string): void {
    if (text === this.#text) return
    this.#text = text
    this.#length = 0
  }

  /** Within `sequence`, which is a JSON array in a JSON string. */
  writeWithin(to: ByteWriter): void {
    const text = this.#text ?? ''
    if (this.#length > 0) to.copy(this.#bytes, 0, this.#length)
    else if (!this.#writePlain(text, to)) to.utf8(JSON.stringify(JSON.stringify(text).slice(1, -1)).slice(1, -1))
  }

  /** As a JSON string. */
  writeString(to: ByteWriter): void {
    if (this.#length === 0) {
      writeString(this.#text ?? '', to)
      return
    }
    to.byte(QUOTE)
    to.copy(this.#bytes, 0, this.#length)
    to.byte(QUOTE)
  }

  #writePlain(text: string, to: ByteWriter): boolean {
    const start = to.length
    if (!writePlain(text, to)) return false
    const length = to.length - start
    if (length <= KEPT_BYTES) {
      for (let i = 0; i < length; i++) this.#bytes[i] = to.bytes[start + i] as number
      this.#length = length
    }
    return true
  }
}
