import { TextDecoder } from 'node:util'
import { OffbeatError } from '../../../../model/error.ts'
import { writeText } from '../../../../values/json-text.ts'
import { invalidValue } from '../../../../values/value-error.ts'
import { type CharacterQuery, type Charset, readCodeCharset } from './code-charset.ts'

/** What the server reports about its character sets. */
export interface CharsetFacts {
  /** Maps the number of a collation to the name of its character set. */
  readonly names: ReadonlyMap<number, string>
  readonly ask: CharacterQuery
}

export const BINARY = 'binary'
const UTF8: readonly string[] = ['utf8mb4', 'utf8mb3', 'utf8', 'ascii']
/**
 * The Unicode encodings, each with the platform's name of its decoder. All other character sets are read from the server because the
 * platform's tables differ from MySQL's (2,300 characters of euckr, 270 of big5).
 */
const DECODERS: ReadonlyMap<string, string> = new Map([
  ['ucs2', 'utf-16be'],
  ['utf16', 'utf-16be'],
  ['utf16le', 'utf-16le'],
  ['gb18030', 'gb18030'],
])

/** The character sets of a server. Each is loaded when the first column needs it. */
export class Charsets {
  readonly #facts: CharsetFacts
  readonly #known = new Map<string, Charset>()

  constructor(facts: CharsetFacts) {
    this.#facts = facts
    for (const name of UTF8) {
      this.#add({ name, write: writeText, decode: (bytes) => decodeStrictly(name, 'utf-8', bytes) })
    }
    for (const [name, decoder] of DECODERS) {
      this.#add(decoded(name, (bytes) => decodeStrictly(name, decoder, bytes)))
    }
    this.#add(decoded('utf32', decodeUtf32))
  }

  /** The name of the collation's character set; undefined: the server does not have the collation. */
  nameOf(collation: number): string | undefined {
    return this.#facts.names.get(collation)
  }

  isUtf8(collation: number): boolean {
    return UTF8.includes(this.#facts.names.get(collation) ?? '')
  }

  /** Loads the character sets that are not loaded yet. Returns undefined if all are. Rejects with MYSQL_CHARSET_UNSUPPORTED. */
  load(names: Iterable<string>): Promise<void> | undefined {
    const missing = [...new Set(names)].filter((name) => name !== BINARY && !this.#known.has(name))
    return missing.length === 0 ? undefined : this.#read(missing)
  }

  /** Returns a character set that was loaded. `binary` is not one: it is not text. */
  named(name: string): Charset {
    const known = this.#known.get(name)
    if (known === undefined) throw unsupported(name)
    return known
  }

  async #read(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const charset = await readCodeCharset(name, this.#facts.ask)
      if (charset === null) throw unsupported(name)
      this.#add(charset)
    }
  }

  #add(charset: Charset): void {
    this.#known.set(charset.name, charset)
  }
}

function unsupported(name: string): OffbeatError {
  return new OffbeatError('MYSQL_CHARSET_UNSUPPORTED', {
    message: `cannot read texts in the character set ${name}: Offbeat does not know how many bytes its characters have`,
    found: name,
    details: { charset: name },
  })
}

function decoded(name: string, decode: (bytes: Uint8Array) => string): Charset {
  return {
    name,
    decode,
    write: (from, start, end, to) => to.utf8(JSON.stringify(decode(from.subarray(start, end)))),
  }
}

function decodeStrictly(charset: string, encoding: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes)
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
