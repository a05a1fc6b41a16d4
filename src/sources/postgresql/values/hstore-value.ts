import { ByteWriter } from '../../../model/byte-writer.ts'
import { type JsonWriter, UNAVAILABLE_VALUE } from '../../../model/table.ts'
import { writeText } from '../../../values/json-text.ts'
import { invalidValue } from '../../../values/value-error.ts'

/*
 * hstore as Debezium writes it: a JSON object whose values are strings or null. Grammar of the server's text:
 *   hstore  [pair (', ' pair)*]
 *   pair    quoted '=>' (quoted | 'NULL')
 *   quoted  '"' (character | '\' character)* '"'
 */

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = 0x7b
const CLOSE = 0x7d
const COLON = 0x3a
const COMMA = 0x2c
const ARROW = Buffer.from('=>', 'latin1')
const BETWEEN = Buffer.from(', ', 'latin1')
const NULL = Buffer.from('NULL', 'latin1')

const SCRATCH_BYTES = 1024
/** A larger scratch buffer is not kept for the next value. */
const KEPT_BYTES = 1024 * 1024

const UNAVAILABLE_MAP = JSON.stringify({ [UNAVAILABLE_VALUE]: UNAVAILABLE_VALUE })

export interface HstoreForm {
  readonly write: JsonWriter
  readonly unavailable: Buffer
}

/** Writes hstore as a JSON object. */
export function hstoreMap(): HstoreForm {
  const text = new HstoreText()
  const write: JsonWriter = (from, start, end, to) => text.write(from, start, end, to)
  return { write, unavailable: Buffer.from(UNAVAILABLE_MAP) }
}

/** Writes the same object as text in a JSON string. */
export function hstoreJson(): HstoreForm {
  const text = new HstoreText()
  let object = new ByteWriter(SCRATCH_BYTES)
  const write: JsonWriter = (from, start, end, to) => {
    object.length = 0
    text.write(from, start, end, object)
    writeText(object.bytes, 0, object.length, to)
    object = kept(object)
  }
  return { write, unavailable: Buffer.from(JSON.stringify(UNAVAILABLE_MAP)) }
}

function kept(scratch: ByteWriter): ByteWriter {
  return scratch.bytes.length > KEPT_BYTES ? new ByteWriter(SCRATCH_BYTES) : scratch
}

class HstoreText {
  /** Receives a key or value without its escapes. */
  #plain = new ByteWriter(SCRATCH_BYTES)
  #from: Uint8Array = NULL
  #start = 0
  #end = 0

  write(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
    this.#from = from
    this.#start = start
    this.#end = end
    to.byte(OPEN)
    for (let at = start; at < end; ) {
      at = this.#value(this.#pair(at, to), to)
      if (at === end) break
      at = this.#expect(BETWEEN, at)
      to.byte(COMMA)
    }
    to.byte(CLOSE)
    this.#plain = kept(this.#plain)
  }

  /** Returns where the value begins. */
  #pair(start: number, to: ByteWriter): number {
    const at = this.#quoted(start, to)
    to.byte(COLON)
    return this.#expect(ARROW, at)
  }

  #value(start: number, to: ByteWriter): number {
    if (this.#from[start] === QUOTE) return this.#quoted(start, to)
    to.ascii('null')
    return this.#expect(NULL, start)
  }

  #quoted(start: number, to: ByteWriter): number {
    if (this.#byteAt(start) !== QUOTE) throw this.#invalid()
    const plain = this.#plain
    plain.length = 0
    let at = start + 1
    for (let byte = this.#byteAt(at); byte !== QUOTE; byte = this.#byteAt(++at)) {
      plain.byte(byte === BACKSLASH ? this.#byteAt(++at) : byte)
    }
    writeText(plain.bytes, 0, plain.length, to)
    return at + 1
  }

  #expect(word: Uint8Array, start: number): number {
    for (let i = 0; i < word.length; i++) if (this.#byteAt(start + i) !== word[i]) throw this.#invalid()
    return start + word.length
  }

  #byteAt(at: number): number {
    if (at >= this.#end) throw this.#invalid()
    return this.#from[at] as number
  }

  #invalid() {
    return invalidValue('an hstore', this.#end - this.#start)
  }
}
