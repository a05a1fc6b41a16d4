import { TextDecoder } from 'node:util'
import { OffbeatError } from '../../../model/error.ts'
import type { JsonWriter } from '../../../model/table.ts'
import { writeText } from '../../../values/json-text.ts'
import { invalidValue } from '../../../values/value-error.ts'

/** What the server says of its character sets. */
export interface CharsetFacts {
  /** By the number of a collation, the name of its character set. */
  readonly charsets: ReadonlyMap<number, string>
  /** By the name of a character set of one byte a character: the characters of the bytes 0 to 255. */
  readonly singleByte: ReadonlyMap<string, readonly string[]>
}

/** How the texts of a column are read. */
export interface Charset {
  readonly name: string
  readonly write: JsonWriter
  /** Throws VALUE_INVALID or TEXT_NOT_UTF8. */
  decode(bytes: Uint8Array): string
}

export const BINARY = 'binary'
const UTF8: readonly string[] = ['utf8mb4', 'utf8mb3', 'utf8', 'ascii']
/** The character sets of more than one byte for which the platform has a decoder, by its name there. */
const DECODERS: ReadonlyMap<string, string> = new Map([
  ['ucs2', 'utf-16be'],
  ['utf16', 'utf-16be'],
  ['utf16le', 'utf-16le'],
  ['big5', 'big5'],
  ['gbk', 'gbk'],
  ['gb2312', 'gbk'],
  ['gb18030', 'gb18030'],
  ['sjis', 'shift_jis'],
  ['cp932', 'shift_jis'],
  ['ujis', 'euc-jp'],
  ['eucjpms', 'euc-jp'],
  ['euckr', 'euc-kr'],
])

/** The character sets of a server, each built when the first column needs it. */
export class Charsets {
  readonly #facts: CharsetFacts
  readonly #built = new Map<string, Charset>()

  constructor(facts: CharsetFacts) {
    this.#facts = facts
  }

  /** The name of the collation's character set; undefined: the server does not have the collation. */
  nameOf(collation: number): string | undefined {
    return this.#facts.charsets.get(collation)
  }

  /** Throws MYSQL_CHARSET_UNSUPPORTED. Not for `binary`, which is no text. */
  named(name: string): Charset {
    const known = this.#built.get(name)
    if (known !== undefined) return known
    const built = this.#build(name)
    this.#built.set(name, built)
    return built
  }

  #build(name: string): Charset {
    if (UTF8.includes(name)) return { name, write: writeText, decode: (bytes) => decodeStrictly(name, 'utf-8', bytes) }
    if (name === 'utf32') return decoded(name, (bytes) => decodeUtf32(bytes))
    const decoder = DECODERS.get(name)
    if (decoder !== undefined) return decoded(name, (bytes) => decodeStrictly(name, decoder, bytes))
    const table = this.#facts.singleByte.get(name)
    if (table !== undefined) return singleByte(name, table)
    throw new OffbeatError('MYSQL_CHARSET_UNSUPPORTED', {
      message: `cannot read texts in the character set ${name}: neither this platform nor the server converts it`,
      found: name,
      details: { charset: name },
    })
  }
}

function decoded(name: string, decode: (bytes: Uint8Array) => string): Charset {
  return {
    name,
    decode,
    write: (from, start, end, to) => to.utf8(JSON.stringify(decode(from.subarray(start, end)))),
  }
}

const decoders = new Map<string, TextDecoder>()

function decodeStrictly(charset: string, encoding: string, bytes: Uint8Array): string {
  let decoder = decoders.get(encoding)
  if (decoder === undefined) {
    decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true })
    decoders.set(encoding, decoder)
  }
  try {
    return decoder.decode(bytes)
  } catch {
    throw invalidValue(`a text in ${charset}`, bytes.length)
  }
}

function decodeUtf32(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let text = ''
  if (bytes.length % 4 !== 0) throw invalidValue('a text in utf32', bytes.length)
  for (let at = 0; at < bytes.length; at += 4) {
    const point = view.getUint32(at)
    if (point > 0x10_ffff) throw invalidValue('a text in utf32', bytes.length)
    text += String.fromCodePoint(point)
  }
  return text
}

/** Each byte is copied from a table of what it is within a JSON string. */
function singleByte(name: string, characters: readonly string[]): Charset {
  const pieces = characters.map((character) => Buffer.from(JSON.stringify(character).slice(1, -1)))
  const longest = Math.max(...pieces.map((piece) => piece.length))
  const plain = Uint8Array.from(pieces, (piece) => (piece.length === 1 ? (piece[0] ?? 0) : 0))
  const write: JsonWriter = (from, start, end, to) => {
    to.reserve((end - start) * longest + 2)
    const out = to.bytes
    let at = to.length
    out[at++] = 0x22
    for (let i = start; i < end; i++) {
      const byte = from[i] as number
      const one = plain[byte] as number
      if (one !== 0) out[at++] = one
      else {
        const piece = pieces[byte] as Buffer
        for (let j = 0; j < piece.length; j++) out[at++] = piece[j] as number
      }
    }
    out[at++] = 0x22
    to.length = at
  }
  return { name, write, decode: (bytes) => Array.from(bytes, (byte) => characters[byte] ?? '').join('') }
}
