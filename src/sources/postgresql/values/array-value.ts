import { ByteWriter } from '../../../model/byte-writer.ts'
import type { OffbeatError } from '../../../model/error.ts'
import type { JsonWriter } from '../../../model/table.ts'
import { writeText } from '../../../values/json-text.ts'
import { invalidValue } from '../../../values/value-error.ts'

/*
 * Grammar of an array's text:
 *   array    bounds '=' braces | braces
 *   bounds   ('[' lower ':' upper ']')+          only if a lower bound is not 1
 *   braces   '{' '}' | '{' item (delimiter item)* '}'
 *   item     braces | '"' (character | '\' character)* '"' | NULL | bare
 *   bare     characters except delimiter, braces, quotes, backslash
 * The delimiter is a comma, except for box, whose arrays use a semicolon.
 */

const OPEN = 0x7b
const CLOSE = 0x7d
const BRACKET = 0x5b
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const JSON_OPEN = 0x5b
const JSON_CLOSE = 0x5d
/** The server's own limit on dimensions. */
const DEEPEST = 6
/** A larger scratch buffer is not kept for the next value. */
const KEPT_BYTES = 1024 * 1024
const NULL_WORD = Buffer.from('null', 'latin1')

/**
 * Writes arrays of one element type as JSON arrays, nested for several dimensions. An array with a lower bound other than 1 is written as
 * the server's text, which contains the bounds: a JSON array cannot represent them.
 */
export function arrayWriter(element: JsonWriter, delimiter = COMMA): JsonWriter {
  const reader = new ArrayText(element, delimiter)
  return (from, start, end, to) => {
    if (from[start] === BRACKET) writeText(from, start, end, to)
    else reader.write(from, start, end, to)
  }
}

class ArrayText {
  readonly #element: JsonWriter
  readonly #delimiter: number
  /** Receives quoted items that contain escapes, without the escapes. */
  #unescaped: ByteWriter | null = null
  #from: Uint8Array = NULL_WORD
  #start = 0
  #end = 0

  constructor(element: JsonWriter, delimiter: number) {
    this.#element = element
    this.#delimiter = delimiter
  }

  write(from: Uint8Array, start: number, end: number, to: ByteWriter): void {
    this.#from = from
    this.#start = start
    this.#end = end
    if (this.#braces(start, 1, to) !== end) throw this.#invalid()
  }

  /** Returns where the braces that begin at `start` end. The other methods do the same for their parts. */
  #braces(start: number, depth: number, to: ByteWriter): number {
    if (depth > DEEPEST || this.#byteAt(start) !== OPEN) throw this.#invalid()
    to.byte(JSON_OPEN)
    let at = start + 1
    if (this.#byteAt(at) !== CLOSE) {
      at = this.#item(at, depth, to)
      while (this.#byteAt(at) === this.#delimiter) {
        to.byte(COMMA)
        at = this.#item(at + 1, depth, to)
      }
    }
    if (this.#byteAt(at) !== CLOSE) throw this.#invalid()
    to.byte(JSON_CLOSE)
    return at + 1
  }

  #item(start: number, depth: number, to: ByteWriter): number {
    const first = this.#byteAt(start)
    if (first === OPEN) return this.#braces(start, depth + 1, to)
    if (first === QUOTE) return this.#quoted(start + 1, to)
    return this.#bare(start, to)
  }

  #quoted(start: number, to: ByteWriter): number {
    let at = start
    let escapes = 0
    for (let byte = this.#byteAt(at); byte !== QUOTE; byte = this.#byteAt(++at)) {
      if (byte !== BACKSLASH) continue
      escapes++
      at++
    }
    if (escapes === 0) this.#element(this.#from, start, at, to)
    else this.#writeUnescaped(start, at, to)
    return at + 1
  }

  #writeUnescaped(start: number, end: number, to: ByteWriter): void {
    this.#unescaped ??= new ByteWriter(1024)
    const scratch = this.#unescaped
    scratch.length = 0
    scratch.reserve(end - start)
    const out = scratch.bytes
    let length = 0
    for (let i = start; i < end; i++) {
      if (this.#from[i] === BACKSLASH) i++
      out[length++] = this.#byteAt(i)
    }
    this.#element(out, 0, length, to)
    if (length > KEPT_BYTES) this.#unescaped = null
  }

  #bare(start: number, to: ByteWriter): number {
    let at = start
    for (let byte = this.#byteAt(at); byte !== CLOSE && byte !== this.#delimiter; byte = this.#byteAt(++at)) {
      if (byte === OPEN || byte === QUOTE || byte === BACKSLASH) throw this.#invalid()
    }
    if (at === start) throw this.#invalid()
    if (this.#isNull(start, at)) to.copy(NULL_WORD, 0, NULL_WORD.length)
    else this.#element(this.#from, start, at, to)
    return at
  }

  #isNull(start: number, end: number): boolean {
    const from = this.#from
    const word =
      from[start] === 0x4e && from[start + 1] === 0x55 && from[start + 2] === 0x4c && from[start + 3] === 0x4c
    return word && end - start === 4
  }

  #byteAt(at: number): number {
    if (at >= this.#end) throw this.#invalid()
    return this.#from[at] as number
  }

  #invalid(): OffbeatError {
    return invalidValue('an array', this.#end - this.#start)
  }
}
